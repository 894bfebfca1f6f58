import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("organizations", "0002_answers_and_agreements"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="has_own_customers_only",
            field=models.BooleanField(db_default=False, default=False, help_text="Sees and serves only the customers whose collector they are."),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(condition=models.Q(("has_own_customers_only", False), ("role__in", ["collector", "viewer"]), _connector="OR"), name="membership_limited_below_manager"),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254)),
                ("role", models.CharField(choices=[("owner", "Owner"), ("manager", "Manager"), ("collector", "Collector"), ("viewer", "Viewer")], max_length=20)),
                ("has_own_customers_only", models.BooleanField(default=False)),
                ("invited_by", models.CharField(max_length=200)),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="organizations.organisation")),
            ],
            options={
                "constraints": [models.UniqueConstraint(condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)), fields=("organisation", "email"), name="invitation_open_once")],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=200)),
                ("kind", models.CharField(choices=[("settings", "Settings"), ("policy", "Policy"), ("member", "Member"), ("invitation", "Invitation"), ("api_key", "API key"), ("playbook", "Playbook"), ("template", "Template"), ("sender", "Sender"), ("profile", "Profile"), ("hold", "Hold"), ("contact", "Contact"), ("ap_profile", "AP profile"), ("customer", "Customer"), ("agreement", "Agreement"), ("import", "Import"), ("export", "Export"), ("portal", "Portal link"), ("other", "Other")], max_length=20)),
                ("subject", models.CharField(help_text="What was changed, as a person calls it.", max_length=200)),
                ("subject_key", models.CharField(blank=True, help_text="Its id or name in the program.", max_length=100)),
                ("customer_id", models.BigIntegerField(blank=True, help_text="The customer it concerns, if any.", null=True)),
                ("before", models.JSONField(default=dict, help_text="The fields that changed, as they were; empty: it is new.")),
                ("after", models.JSONField(default=dict, help_text="The same fields as they are; empty: it is gone.")),
                ("organisation", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="organizations.organisation")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organisation", "-at", "-id"], name="change_by_time"),
                    models.Index(condition=models.Q(("customer_id__isnull", False)), fields=["organisation", "customer_id"], name="change_by_customer"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(help_text="The key's beginning, by which people tell keys apart.", max_length=12)),
                ("key_sha256", models.CharField(max_length=64)),
                ("role", models.CharField(choices=[("owner", "Owner"), ("manager", "Manager"), ("collector", "Collector"), ("viewer", "Viewer")], max_length=20)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="api_keys", to="organizations.organisation")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("key_sha256",), name="api_key_unique")],
            },
        ),
    ]
