"""questscore: engagement scores from event logs, exact at any instant."""
