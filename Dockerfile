# docker build --target api -t agridrone-api .        the server: pages and GraphQL, without torch
# docker build --target worker -t agridrone-worker .  the workers, on CPUs
#
# Both keep their data in /data. The server listens beyond loopback here, so it needs JWT_SECRET or JWKS_URL.

FROM node:24-slim AS pages
WORKDIR /source/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
COPY schema/schema.graphql ../schema/
COPY web ./
RUN npm run build

FROM python:3.11-slim AS wheel
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY . .
COPY --from=pages /source/web/dist web/dist
RUN pip wheel --no-deps --wheel-dir /wheel .

FROM wheel AS api-packages
RUN python -m venv /opt/agridrone \
    && /opt/agridrone/bin/pip install -c constraints.txt "$(echo /wheel/*.whl)"

FROM wheel AS worker-packages
# An index with torch's CPU build, as --build-arg: the build on PyPI brings gigabytes for CUDA along.
ARG PIP_EXTRA_INDEX_URL
RUN python -m venv /opt/agridrone \
    && /opt/agridrone/bin/pip install -c constraints.txt -c constraints-cpu.txt "$(echo /wheel/*.whl)[worker]"

FROM python:3.11-slim AS machine
RUN useradd --uid 1000 --home-dir /data --create-home agridrone
ENV PATH=/opt/agridrone/bin:$PATH PYTHONUNBUFFERED=1 AGRIDRONE_DATA_DIR=/data
WORKDIR /data
VOLUME /data
USER agridrone

FROM machine AS worker
COPY --from=worker-packages /opt/agridrone /opt/agridrone
CMD ["agridrone", "worker", "io"]

FROM machine AS api
COPY --from=api-packages /opt/agridrone /opt/agridrone
ENV AGRIDRONE_HOST=0.0.0.0 AGRIDRONE_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"AGRIDRONE_PORT\"]}/healthz', timeout=3)"]
CMD ["agridrone", "api"]
