"""An RTSP camera that shows a video: GStreamer's RTSP server on 127.0.0.1, with Basic authentication.

Usage: rtsp-server.py PORT VIDEO PASSWORD; the user is "admin", the path "/door". Says "listening" on standard output.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

port, video, password = sys.argv[1:]
Gst.init(None)

auth = GstRtspServer.RTSPAuth()
token = GstRtspServer.RTSPToken()
token.set_string("media.factory.role", "viewer")
auth.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", password), token)

factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f'( filesrc location="{video}" ! qtdemux ! rtph264pay name=pay0 config-interval=-1 )')
factory.set_shared(True)
permissions = GstRtspServer.RTSPPermissions()
permissions.add_permission_for_role("viewer", "media.factory.access", True)
permissions.add_permission_for_role("viewer", "media.factory.construct", True)
factory.set_permissions(permissions)

server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)
server.set_auth(auth)
server.get_mount_points().add_factory("/door", factory)
server.attach(None)
print("listening", flush=True)
GLib.MainLoop().run()
