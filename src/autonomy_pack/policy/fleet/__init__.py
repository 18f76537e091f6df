"""What an installation is, and what makes the actual one the desired one. Pure."""
