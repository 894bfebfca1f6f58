from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organizations', '0003_members_changes_and_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='own_rules',
            field=models.JSONField(blank=True, default=dict, help_text='Its own profiles, verdicts and playbooks (by id); what is not here is as shipped.'),
        ),
    ]
