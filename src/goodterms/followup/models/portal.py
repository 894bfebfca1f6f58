"""Links into the portal: one customer's way to see what is owed and to answer, without a password."""

from django.db import models
from django.db.models import F, Q

from goodterms.ledger.models import Contact, Customer
from goodterms.organizations.models import Organisation


class PortalLink(models.Model):
    """A link for one customer; of its random token only the hash is kept."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="portal_links")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="+")
    token_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token_sha256"], name="portal_link_unique"),
            models.CheckConstraint(
                name="portal_link_ends_after_it_begins", condition=Q(expires_at__gt=F("created_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "customer", "-created_at"], name="portal_link_by_customer"),
        ]

    def __str__(self) -> str:
        return f"link of {self.customer_id} until {self.expires_at:%Y-%m-%d}"
