import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("ledger", "0008_region_of_customers"),
        ("organizations", "0003_members_changes_and_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="collector",
            field=models.ForeignKey(blank=True, help_text="The colleague who serves this customer; some members see their own customers alone.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="customers", to="organizations.membership"),
        ),
    ]
