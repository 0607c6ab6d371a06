# Rasa with the model that ships with the code (nlu/trained); after other changes of the NLU data it is trained at build.
# The image holds the app's environment too: `hotline run nlu` reads the tracker key from the database before it becomes
# Rasa.
FROM python:3.10-slim-bookworm AS rasa
ENV UV_LINK_MODE=copy UV_NO_CACHE=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /srv/hotline
COPY nlu/pyproject.toml nlu/uv.lock nlu/
RUN uv sync --locked --no-dev --project nlu --python /usr/local/bin/python --compile-bytecode
COPY . .
RUN PYTHONPATH=. RASA_TELEMETRY_ENABLED=false nlu/.venv/bin/python -m nlu.rasa_server.train --models /models

FROM python:3.10-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 \
    UV_PYTHON_INSTALL_DIR=/opt/python PATH=/srv/hotline/.venv/bin:$PATH
RUN pip install --no-cache-dir uv==0.13.9 \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /data hotline \
 && install -d -o hotline -g hotline -m 0700 /data
WORKDIR /srv/hotline
COPY --from=rasa /srv/hotline/nlu/.venv nlu/.venv
COPY pyproject.toml uv.lock README.md ./
# Python 3.13 comes from uv here: this image's own is Rasa's 3.10.
RUN uv sync --locked --no-dev --no-install-project --python 3.13 --compile-bytecode
COPY . .
RUN uv sync --locked --no-dev --python 3.13 --compile-bytecode
COPY --from=rasa --chown=hotline:hotline /models /data/models

ENV HOTLINE_HOME=/data LOG_FORMAT=json RASA_TELEMETRY_ENABLED=false
USER hotline
ENTRYPOINT ["hotline"]
CMD ["run", "nlu"]
