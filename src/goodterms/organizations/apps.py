"""Django's name for the organizations app, and the guards its tables get after each migration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrganizationsConfig(AppConfig):
    name = "goodterms.organizations"
    label = "organizations"

    def ready(self) -> None:
        from goodterms.organizations.guards import install_guards

        # After every migration, since Django rebuilds a changed SQLite table and its triggers are lost with it.
        post_migrate.connect(install_guards, sender=self, dispatch_uid="organizations guards")
