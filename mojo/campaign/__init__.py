"""Campaigns: studies on their way through Snakemake."""

from mojo.campaign.campaign import Campaign
from mojo.campaign.console import quieten, tell_unread_keys

__all__ = ["Campaign", "quieten", "tell_unread_keys"]
