"""Scores that predict: points, half-lives and thresholds from what subjects did next, and how well they do.

Lives here: outcomes and snapshots at cutoffs, the fit and its guards, thresholds, validation, drift, gaming.
Lives elsewhere: what a score is (model, reference), and reading one (engine): nothing here counts or ages.
"""
