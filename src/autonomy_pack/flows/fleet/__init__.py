"""The pack in other repositories: install, sync, verify, uninstall; in a clone, or many by the API."""
