"""Body segment lengths as fractions of stature (Drillis & Contini 1966, after Winter 2009, Fig. 4.1)."""

# Fraction of stature, and relative standard deviation between persons of equal stature (cut at 2 deviations). Means:
# Winter's heights of ankle 0.039, knee 0.285, hip 0.530, shoulder 0.818, and lengths of upper arm and forearm. Trunk,
# neck and head (hip to neck base at 0.830, the neck/nose joint between chin 0.870 and eyes 0.936, crown 1.000) and the
# deviations are our choice. Winter's half widths of hips and shoulders (0.0955, 0.129) are outer ones. Hip centres lie
# further in (Bell et al. 1989: 0.36 of the distance of the anterior iliac spines from the middle, about 0.05), labelled
# hips between the two; hence 0.065 and 0.110, varied most.
BUILD = {
    "ankle": (0.039, 0.04), "shank": (0.246, 0.025), "thigh": (0.245, 0.025), "hip": (0.065, 0.10),
    "trunk": (0.300, 0.025), "neck": (0.065, 0.05), "head": (0.105, 0.04), "shoulder": (0.110, 0.07),
    "upper_arm": (0.186, 0.03), "forearm": (0.146, 0.03),
}  # fmt: skip
