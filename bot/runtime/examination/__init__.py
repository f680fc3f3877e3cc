"""What `lotus doctor` looks at: each outside system observed once, decided on by nobody here.

Reads only, and every failure is an observation: an outage is what it is looking for.
"""
