"""A TCP server that is no proper SSH server: rude_server.py SSHD_PORT

Prints its port. What it does depends on the address that a client connects to:
127.0.1.1 says nothing; 127.0.1.2 sends lines without end; 127.0.1.3 closes
after the client's first words; 127.0.1.4 resets twice, then passes on to sshd on 127.0.0.1.
"""
import socket
import struct
import sys
import threading

closed = 0


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def serve(client, address):
    global closed
    if address == "127.0.1.1":
        client.recv(1000000)
        threading.Event().wait(60)
    elif address == "127.0.1.2":
        try:
            while True:
                client.sendall(b"x" * 60 + b"\r\n")
        except OSError:
            pass
    elif address == "127.0.1.3":
        client.recv(1000)
        client.close()
    elif closed < 2:
        closed += 1
        reset(client)
    else:
        server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        threading.Thread(target=copy, args=(server, client), daemon=True).start()
        copy(client, server)


# One port on four loopback addresses, so that nothing listens to others.
listeners, port = [], 0
for last in (1, 2, 3, 4):
    listener = socket.socket()
    listener.bind(("127.0.1.%d" % last, port))
    listener.listen(64)
    port = listener.getsockname()[1]
    listeners.append(listener)
print(port, flush=True)


def accept(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, client.getsockname()[0]), daemon=True).start()


for listener in listeners[1:]:
    threading.Thread(target=accept, args=(listener,), daemon=True).start()
accept(listeners[0])
