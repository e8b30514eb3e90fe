"""Motion capture files, BVH, ASF/AMC and CMU's database, filmed by virtual cameras."""
