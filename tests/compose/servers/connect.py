"""A Connect worker, told as the image of scripts/images is."""

from java import become, command

if __name__ == "__main__":
    main = "org.apache.kafka.connect.cli.ConnectDistributed"
    become(command("connect", main, ["/worker/connect-worker.properties"]))
