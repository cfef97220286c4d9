"""The data lake: Parquet in folders of time, in which every row is kept exactly once.

A data set is a folder of a store. What counts is said by its manifests, and a manifest comes to be
by one rename that never overwrites; so of two who try, one wins, and a reader sees all of a commit
or nothing. Imports nothing else of ours.
"""
