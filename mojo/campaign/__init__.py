"""Campaigns: studies on their way through Snakemake."""

from mojo.campaign.campaign import Campaign
from mojo.campaign.console import quieten

__all__ = ["Campaign", "quieten"]
