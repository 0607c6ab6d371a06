# The app: gateway, jobs, action server, migrations. Build from the checkout: docker compose build
FROM python:3.13-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 PATH=/srv/hotline/.venv/bin:$PATH
# Reads photos and scans of offers.
RUN apt-get update \
 && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-khm tesseract-ocr-ind \
 && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uv==0.13.9 \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /data hotline \
 && install -d -o hotline -g hotline -m 0700 /data /data/media

WORKDIR /srv/hotline
# Libraries first: they change seldom.
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --no-dev --no-install-project --compile-bytecode
COPY . .
RUN uv sync --locked --no-dev --compile-bytecode

ENV HOTLINE_HOME=/data LOG_FORMAT=json
USER hotline
ENTRYPOINT ["hotline"]
CMD ["--help"]
