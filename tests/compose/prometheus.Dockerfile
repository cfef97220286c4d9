ARG BASE=python:3.11-slim
FROM ${BASE}
RUN apt-get update -qq && apt-get install -qq --no-install-recommends prometheus >/dev/null && rm -rf /var/lib/apt/lists/*
