from django.db import migrations

from posthouse.foundation.appendlog import index_log_order


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_initial")]
    operations = [index_log_order("keys_change")]
