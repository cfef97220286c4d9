# A Kafka Connect worker with the plug-ins of AMML: scripts/images connect puts them beside this file.
ARG KAFKA=apache/kafka:4.1.1
FROM ${KAFKA}
COPY plugins /plugins
COPY connect-worker.properties /etc/amml/connect-worker.properties
ENV AMML_CONNECT_LISTENER=http://0.0.0.0:8083 AMML_SECRETS=/run/secrets/connect LOG_DIR=/tmp
EXPOSE 8083
HEALTHCHECK --interval=30s --timeout=10s --start-period=90s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8083; printf 'GET /connectors HTTP/1.0\\r\\n\\r\\n' >&3; read -r line <&3; [[ $line == *200* ]]"]
CMD ["/opt/kafka/bin/connect-distributed.sh", "/etc/amml/connect-worker.properties"]
