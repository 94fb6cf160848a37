"""Evaluation: data sets in, answers, figures and reports out. Needed by nobody who only asks."""
