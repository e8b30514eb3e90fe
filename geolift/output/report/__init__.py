"""A report on motion: measures of gait, joint angles over time and over the gait cycle (docs/report.md)."""
