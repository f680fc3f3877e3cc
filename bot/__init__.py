"""lotus-bot: the map.

A controller whose state is GitHub, the cluster and Airbyte. A webhook, a watch event or the
periodic resync only names a key; what is shown and done follows from what is observed then.

    webhook, resync, watch -> queue(key) -> observe -> decide -> perform
                                            (I/O)      (pure)    (I/O)

Imports go down only:

    cli > demo > app > runtime > (clients | lifecycle) > render > plan > model > config

`plan`, `lifecycle`, `render` and `model` are pure. `simulators` imitate GitHub, a cluster with
Flux and tofu-controller, and Airbyte; they import nothing of the rest.

Records are dataclasses; in what a cold `lotus plan` loads they are msgspec's `Struct`s, which cost
nothing to define (docs/decisions.md).

Vocabulary: a *change* climbs four rungs: predicted (from the code), confirmed (the controller's own
plan), applied (the revision that the controller attempted and applied), arrived (the data).
"""
