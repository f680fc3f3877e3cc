"""Flux's source-controller and tofu-controller, imitated: controllers that talk Kubernetes.

A simulator: it acts on the objects of whatever API server it is given, and imports nothing of
the bot. What it does, in which order, is read from the recorded real controllers
(`facts/tofu-controller.md`). It is given Git (`sources`) and somebody who plans (`planning`).
"""
