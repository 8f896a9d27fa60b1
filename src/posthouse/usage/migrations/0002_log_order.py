from django.db import migrations

from posthouse.foundation.appendlog import index_log_order


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_initial")]
    operations = [index_log_order("usage_call")]
