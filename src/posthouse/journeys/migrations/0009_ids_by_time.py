from django.db import migrations, models


class Migration(migrations.Migration):
    """Who is known already keeps the ids that its runs have."""

    dependencies = [
        ("journeys", "0008_trouble_lists"),
    ]

    operations = [
        migrations.AddField(
            model_name="subject",
            name="by_time",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="subject",
            name="by_time",
            field=models.BooleanField(default=True),
        ),
    ]
