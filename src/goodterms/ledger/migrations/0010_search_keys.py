import django.db.models.functions.text
from django.db import migrations, models

import goodterms.ledger.search_keys


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0009_collector_of_customer'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(models.F('organisation'), django.db.models.functions.text.Lower('email'), name='contact_by_email'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(models.F('organisation'), goodterms.ledger.search_keys.PhoneKey('phone'), condition=models.Q(('phone', ''), _negated=True), name='contact_by_phone'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(models.F('organisation'), goodterms.ledger.search_keys.PhoneKey('mobile'), condition=models.Q(('mobile', ''), _negated=True), name='contact_by_mobile'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(models.F('organisation'), goodterms.ledger.search_keys.NumberKey('number'), name='invoice_by_number_key'),
        ),
        migrations.AddIndex(
            model_name='invoice',
            index=models.Index(condition=models.Q(('open_amount_minor', 0), _negated=True), fields=['organisation', 'currency', 'amount_minor'], name='invoice_open_by_original'),
        ),
    ]
