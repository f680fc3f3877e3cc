# Two stages: what installs the bot stays behind, and what runs is Python, the bot and its libraries.
FROM python:3.11.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/lotus-bot
ENV PATH=/opt/lotus-bot/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY pyproject.toml README.md app.yml ./
COPY bot ./bot
# Every library comes as a wheel: a compiler would be a sign of something new.
RUN pip install --only-binary=:all: --no-binary=lotus-bot '.[postgres]' \
    && pip uninstall --yes pip setuptools \
    && python -m compileall -q /opt/lotus-bot/lib

FROM python:3.11.11-slim-bookworm
COPY --from=build /opt/lotus-bot /opt/lotus-bot
ENV PATH=/opt/lotus-bot/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["lotus"]
CMD ["serve"]
