"""What a customer confirmed by hand on the way to going live; everything else on that way is read from the timeline."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class GoLive(models.Model):
    """One row per customer that confirmed something."""

    customer_id = models.CharField(max_length=40, primary_key=True)
    limits_known_at = models.DateTimeField(null=True)
    incident_email = models.EmailField(_("address for incidents"), blank=True)
    incident_set_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.customer_id
