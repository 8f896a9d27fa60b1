"""What comments are about: topics of APIs in English and Spanish, found without any outside service, and corrected."""
