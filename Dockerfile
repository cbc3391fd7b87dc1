# The service in one image: no compiler, no pip and no root in what runs.
#
#     docker build -t payment-orchestrator .
#
# What it needs is told by environment variables alone; docs/operating.md lists them.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /build
COPY requirements.service.lock ./
# The lock is complete and hashed, and everything in it comes ready-made: nothing is compiled here.
RUN python -m venv --without-pip /opt/orchestrator \
    && python -m pip --python /opt/orchestrator/bin/python install --no-cache-dir \
        --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
        -r requirements.service.lock
COPY orchestrator /opt/orchestrator/app/orchestrator
COPY api /opt/orchestrator/app/api
COPY diagrams /opt/orchestrator/app/diagrams
COPY scripts/image.py ./
RUN /opt/orchestrator/bin/python image.py

FROM python:${PYTHON}-slim
RUN python -m pip uninstall --yes --quiet pip \
    && groupadd --gid 10001 orchestrator \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data \
        --shell /usr/sbin/nologin orchestrator \
    && install -d -o orchestrator -g orchestrator /data
COPY --from=build /opt/orchestrator /opt/orchestrator
ENV PATH=/opt/orchestrator/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ORCHESTRATOR_LOG_FORMAT=json
USER 10001:10001
# Where a SQLite file goes, and nothing else: the file system may be read-only with PostgreSQL.
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["orchestrator"]
CMD ["serve", "--no-worker", "--host", "0.0.0.0", "--port", "8000"]
