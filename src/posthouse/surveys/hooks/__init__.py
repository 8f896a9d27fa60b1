"""What other systems report to a campaign: how it is signed (`signing.py`), what is read out of it (`mapping.py`)."""
