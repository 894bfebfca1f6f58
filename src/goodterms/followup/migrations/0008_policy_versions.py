from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def keep_stored_deviations(apps: Any, schema_editor: Any) -> None:
    """An organisation that has changed numbers before versions were kept gets them as its first version."""
    Organisation = apps.get_model('organizations', 'Organisation')
    DayRun = apps.get_model('followup', 'DayRun')
    PolicyVersion = apps.get_model('followup', 'PolicyVersion')
    for organisation in Organisation.objects.exclude(policy={}):
        last = DayRun.objects.filter(organisation=organisation).order_by('-pk').first()
        PolicyVersion.objects.create(
            organisation=organisation,
            number=1,
            content={'numbers': organisation.policy},
            policy_hash=last.policy_hash if last else '',
            reason='The numbers changed before versions were kept.',
            published_by='goodterms',
            published_at=last.started_at if last else organisation.created_at,
        )


class Migration(migrations.Migration):

    dependencies = [
        ('followup', '0007_messages_by_hand'),
        ('ledger', '0007_lists_of_open_items'),
        ('organizations', '0004_own_rules'),
    ]

    operations = [
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('content', models.JSONField()),
                ('policy_hash', models.CharField(blank=True, help_text='As on touches and runs: core.policy.', max_length=16)),
                ('reason', models.TextField(help_text='Why it was changed, as the person said.')),
                ('published_by', models.CharField(max_length=200)),
                ('published_at', models.DateTimeField()),
                ('reverts_to', models.IntegerField(blank=True, help_text='The number of the version it brought back.', null=True)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='policy_versions', to='organizations.organisation')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('organisation', 'number'), name='policy_version_number_unique'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='policy_version_has_reason'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PolicyDraft',
            fields=[
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='policy_draft', serialize=False, to='organizations.organisation')),
                ('content', models.JSONField(default=dict)),
                ('changed_by', models.CharField(max_length=200)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PolicyTrial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('standings', 'Standings'), ('coming', 'Coming'), ('history', 'History')], max_length=10)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('stopped', 'Stopped')], default='waiting', max_length=10)),
                ('present', models.JSONField(help_text='The policy in force when it was asked, in full.')),
                ('draft', models.JSONField(help_text='The policy that is tried, in full.')),
                ('days', models.IntegerField(help_text='Days of history, or coming days; 0: now.')),
                ('assumptions', models.JSONField(default=dict)),
                ('asked_by', models.CharField(max_length=200)),
                ('asked_at', models.DateTimeField()),
                ('worker', models.CharField(blank=True, max_length=100)),
                ('heard_of_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('days_done', models.IntegerField(default=0)),
                ('fault', models.TextField(blank=True)),
                ('result', models.JSONField(default=dict)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organisation')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['organisation', 'kind', 'asked_at'], name='policy_trial_by_kind'),
                    models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['asked_at'], name='policy_trial_to_run'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'running']), ('finished_at__isnull', False), _connector='OR'), name='policy_trial_ended_has_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TrialCustomer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.IntegerField()),
                ('content', models.TextField(help_text='JSON: present and draft, as the kind of trial has them.')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='ledger.customer')),
                ('trial', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='customers', to='followup.policytrial')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('trial', 'place'), name='trial_customer_place_unique'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TemplateVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('template', models.CharField(max_length=60)),
                ('language', models.CharField(max_length=8)),
                ('number', models.IntegerField()),
                ('source', models.TextField(blank=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('published_by', models.CharField(max_length=200)),
                ('published_at', models.DateTimeField()),
                ('is_current', models.BooleanField(default=True)),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organisation')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('organisation', 'template', 'language', 'number'), name='template_version_number_unique'),
                    models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('organisation', 'template', 'language'), name='template_version_current_once'),
                ],
            },
        ),
        migrations.RunPython(keep_stored_deviations, migrations.RunPython.noop, elidable=True),
    ]
