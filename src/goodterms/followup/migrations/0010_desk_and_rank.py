import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followup', '0009_report_frames_and_experiments'),
        ('organizations', '0002_answers_and_agreements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='task',
            name='rank',
            field=models.FloatField(db_default=0, default=0, help_text='How much doing it now is worth: core.ranking.'),
        ),
        migrations.AddField(
            model_name='task',
            name='rank_reasons',
            field=models.TextField(db_default='[]', default='[]', help_text='JSON list of what the rank was made of.'),
        ),
        migrations.AddField(
            model_name='task',
            name='ranked_version',
            field=models.BigIntegerField(db_default=-1, default=-1, help_text="The customer's facts_version it was ranked by; -1: not ranked yet."),
        ),
        migrations.AddField(
            model_name='task',
            name='ranked_date',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='at_risk_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Overdue in the currency that counts most.'),
        ),
        migrations.AddField(
            model_name='task',
            name='at_risk_currency',
            field=models.CharField(blank=True, db_default='', default='', max_length=3),
        ),
        migrations.AddField(
            model_name='task',
            name='channel',
            field=models.CharField(blank=True, db_default='', default='', help_text='Of its effect, or kind.', max_length=20),
        ),
        migrations.AddField(
            model_name='touch',
            name='own_words',
            field=models.TextField(blank=True, db_default='', default='', help_text="A person's own subject and words for it, as a template; empty: the playbook's."),
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('filters', models.JSONField(default=dict, help_text="The worklist's filters by name, only those set.")),
                ('is_shared', models.BooleanField(default=False, help_text='Everybody in the organisation sees it.')),
                ('saved_at', models.DateTimeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organisation')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'user', 'name'), name='saved_view_name_once_per_person'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='saved_view_has_a_name')],
            },
        ),
        migrations.CreateModel(
            name='NoticesRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_until', models.DateTimeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organizations.organisation')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation', 'user'), name='notices_read_once_per_person')],
            },
        ),
        migrations.CreateModel(
            name='NoticeRead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField()),
                ('task', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='followup.task')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('task', 'user'), name='notice_read_once_per_person')],
            },
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['organisation', '-rank', 'id'], name='task_open_by_rank'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('done_at__isnull', True), ('kind__in', ('approval', 'failed', 'plan_defaulted', 'promise_broken', 'reply', 'uncertain'))), fields=['organisation', '-created_at'], name='task_notice_by_time'),
        ),
    ]
