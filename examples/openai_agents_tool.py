"""A tool of the OpenAI Agents SDK: Agent(name="Developer", tools=[share_port])."""

from agents import function_tool

from pandastack_preview import Client, PortClosedError

client = Client()


@function_tool
def share_port(sandbox_id: str, port: int) -> str:
    """Makes a link to a port of a sandbox, which anyone who has it can open for one hour.

    Args:
        sandbox_id: The sandbox's id.
        port: The port on which the server listens.
    """
    try:
        link = client.sandboxes.ref(sandbox_id).signed_preview_url(port, 3600, verify=True)
    except PortClosedError as error:
        return f"{error} Open ports: {error.open_ports}"
    return f"{link['url']} until {link['expires_at']}"
