# docker build --target api -t agridrone-api .                  the server: pages and GraphQL, without torch
# docker build --target worker -t agridrone-worker .            the workers, on CPUs
# docker build --target worker-cuda -t agridrone-worker-cuda .  the workers, on NVIDIA GPUs
#
# What is installed and how is in ops/image/build.sh, which also runs without Docker. All keep their data in /data. The
# server listens beyond loopback here, so it needs JWT_SECRET or JWKS_URL.

FROM node:24-bookworm-slim AS pages
WORKDIR /source
COPY ops/image/build.sh ops/image/
COPY schema/schema.graphql schema/
COPY web web
RUN --mount=type=cache,target=/root/.npm ops/image/build.sh pages

FROM python:3.11-slim-bookworm AS wheel
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
COPY . .
COPY --from=pages /source/web/dist web/dist
RUN --mount=type=cache,target=/root/.cache/pip ops/image/build.sh wheel /wheel

FROM wheel AS api-packages
RUN --mount=type=cache,target=/root/.cache/pip ops/image/build.sh install api /opt/agridrone /wheel/*.whl

FROM wheel AS worker-packages
# An index with torch's CPU build, as --build-arg: the build on PyPI brings gigabytes for CUDA along.
ARG PIP_EXTRA_INDEX_URL
RUN --mount=type=cache,target=/root/.cache/pip ops/image/build.sh install worker /opt/agridrone /wheel/*.whl

FROM wheel AS worker-cuda-packages
RUN --mount=type=cache,target=/root/.cache/pip ops/image/build.sh install worker-cuda /opt/agridrone /wheel/*.whl

FROM python:3.11-slim-bookworm AS machine
ARG REVISION=unknown
LABEL org.opencontainers.image.title="AgriDrone Ops" \
      org.opencontainers.image.description="Dataset versions, YOLO training and detection for drone imagery" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
RUN useradd --uid 1000 --user-group --home-dir /data --create-home agridrone
ENV PATH=/opt/agridrone/bin:$PATH PYTHONUNBUFFERED=1 AGRIDRONE_DATA_DIR=/data
WORKDIR /data
VOLUME /data
USER 1000:1000
STOPSIGNAL SIGTERM

FROM machine AS worker-machine
# The worker gives its scratch folder a new time every 5 s.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["sh", "-c", "find $AGRIDRONE_DATA_DIR/work -maxdepth 1 -name \"*-$(hostname)-*\" -mmin -1 | grep -q ."]

FROM worker-machine AS worker
COPY --from=worker-packages /opt/agridrone /opt/agridrone
RUN --mount=type=bind,source=ops/image,target=/source/ops/image \
    /source/ops/image/build.sh check worker /opt/agridrone
CMD ["agridrone", "worker", "io"]

FROM worker-machine AS worker-cuda
# What the NVIDIA container toolkit gives the container: the driver's part of CUDA, and NVML.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=worker-cuda-packages /opt/agridrone /opt/agridrone
RUN --mount=type=bind,source=ops/image,target=/source/ops/image \
    /source/ops/image/build.sh check worker-cuda /opt/agridrone
CMD ["agridrone", "worker", "gpu"]

FROM machine AS api
ENV AGRIDRONE_HOST=0.0.0.0 AGRIDRONE_PORT=8000
COPY --from=api-packages /opt/agridrone /opt/agridrone
RUN --mount=type=bind,source=ops/image,target=/source/ops/image AGRIDRONE_HOST=127.0.0.1 \
    /source/ops/image/build.sh check api /opt/agridrone
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"AGRIDRONE_PORT\"]}/healthz', timeout=3)"]
CMD ["agridrone", "api"]
