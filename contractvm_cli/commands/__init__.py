"""One module for each verb, or for a few that are alike."""
