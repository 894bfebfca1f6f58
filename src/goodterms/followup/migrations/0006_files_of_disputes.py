import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followup', '0005_answers_and_agreements'),
        ('ledger', '0007_lists_of_open_items'),
    ]

    operations = [
        migrations.CreateModel(
            name='DisputeFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=255)),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.BigIntegerField()),
                ('content', models.BinaryField()),
                ('content_sha256', models.CharField(max_length=64)),
                ('added_by', models.CharField(max_length=200)),
                ('added_at', models.DateTimeField()),
                ('dispute', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='followup.dispute')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('dispute', 'content_sha256'), name='dispute_file_once')],
            },
        ),
        migrations.AlterField(
            model_name='settlement',
            name='accepted_by',
            field=models.CharField(blank=True, help_text='The person at the customer.', max_length=200),
        ),
        migrations.AlterField(
            model_name='settlement',
            name='accepted_detail',
            field=models.TextField(blank=True, help_text='Address, time, or the words it was accepted with.'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(condition=models.Q(('resolution', '')), fields=['organisation', 'due_date'], name='dispute_open_by_due'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(fields=['organisation', 'resolved_date'], name='dispute_by_resolved_date'),
        ),
        migrations.AddIndex(
            model_name='fee',
            index=models.Index(fields=['organisation', 'charged_date'], name='fee_by_charged_date'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(fields=['organisation', 'until_date'], name='hold_by_until_date'),
        ),
        migrations.AddIndex(
            model_name='paymentplan',
            index=models.Index(fields=['organisation', 'state', 'proposed_date'], name='plan_by_state'),
        ),
        migrations.AddIndex(
            model_name='promise',
            index=models.Index(fields=['organisation', 'state', 'promised_date'], name='promise_by_state'),
        ),
        migrations.AddIndex(
            model_name='settlement',
            index=models.Index(fields=['organisation', 'state', 'pay_by_date'], name='settlement_by_state'),
        ),
        migrations.AddIndex(
            model_name='touch',
            index=models.Index(fields=['organisation', 'step', 'customer'], name='touch_by_step'),
        ),
    ]
