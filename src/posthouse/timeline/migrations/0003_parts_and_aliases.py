from django.db import migrations, models


def move_checkpoints(apps, editor):
    """Every consumer goes on where it was, as its only part."""
    new = apps.get_model("timeline", "Checkpoint")
    for old in apps.get_model("timeline", "OldCheckpoint").objects.all():
        new.objects.create(consumer=old.consumer, tx=old.tx, position=old.position, moved_at=old.moved_at)


def key_parked(apps, editor):
    apps.get_model("timeline", "Parked").objects.update(key=models.F("customer_id"))


class Migration(migrations.Migration):
    dependencies = [("timeline", "0002_log_order")]
    operations = [
        migrations.RenameModel("Checkpoint", "OldCheckpoint"),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("consumer", models.CharField(max_length=80)),
                ("number", models.PositiveSmallIntegerField(default=0)),
                ("parts", models.PositiveSmallIntegerField(default=1)),
                ("tx", models.BigIntegerField(default=0)),
                ("position", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["consumer", "number"], name="timeline_checkpoint_once")
                ],
            },
        ),
        migrations.RunPython(move_checkpoints, migrations.RunPython.noop, elidable=False),
        migrations.DeleteModel("OldCheckpoint"),
        migrations.CreateModel(
            name="Alias",
            fields=[
                ("alias", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("target", models.CharField(max_length=64)),
                ("canonical", models.CharField(db_index=True, max_length=64)),
                ("kind", models.CharField(max_length=20)),
                ("tx", models.BigIntegerField()),
                ("position", models.BigIntegerField(db_index=True)),
            ],
        ),
        migrations.AddField("Parked", "key", models.CharField(blank=True, max_length=64)),
        migrations.RunPython(key_parked, migrations.RunPython.noop, elidable=False),
        migrations.RemoveIndex("Parked", "timeline_parked_customer"),
        migrations.AddIndex("Parked", models.Index(fields=["consumer", "key"], name="timeline_parked_key")),
    ]
