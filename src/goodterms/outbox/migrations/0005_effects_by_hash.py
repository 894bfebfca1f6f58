"""Find the effect that an answer names by the hash of its key, without reading every key."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from goodterms.outbox.keys import key_sha256

# Finished rows never change: their guard is set up anew after every migration.
ON_POSTGRESQL = (
    "DROP TRIGGER IF EXISTS effect_final_stays ON outbox_effect",
    "UPDATE outbox_effect SET key_sha256 = encode(sha256(convert_to(key, 'UTF8')), 'hex')",
)
ON_SQLITE = (
    "DROP TRIGGER IF EXISTS effect_final_stays",
    "UPDATE outbox_effect SET key_sha256 = goodterms_key_sha256(key)",
)


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    connection = editor.connection
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite:
        connection.connection.create_function("goodterms_key_sha256", 1, key_sha256, deterministic=True)
    with connection.cursor() as cursor:
        for statement in ON_SQLITE if is_sqlite else ON_POSTGRESQL:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("outbox", "0004_messages_uncompressed")]

    operations = [
        migrations.AddField(
            model_name="effect",
            name="key_sha256",
            field=models.CharField(
                db_default="",
                default="",
                editable=False,
                help_text="By which an answer to our mail names it.",
                max_length=64,
            ),
        ),
        migrations.AddIndex(
            model_name="effect", index=models.Index(fields=["key_sha256"], name="effect_by_key_sha256")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
