from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0006_answers_and_agreements'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='invoice',
            name='invoice_open_by_currency',
        ),
        migrations.RemoveIndex(
            model_name='invoice',
            name='invoice_open_by_number',
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('open_amount_minor', 0), _negated=True), fields=['organisation', 'due_date', 'id', 'currency', 'kind', 'open_amount_minor', 'customer'], name='invoice_open_by_due'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('open_amount_minor', 0), _negated=True), fields=['organisation', 'currency', 'open_amount_minor'], name='invoice_open_by_amount'),
        ),
    ]
