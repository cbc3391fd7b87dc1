"""Which addresses events may be sent to: a table of those that are, and of those that are not."""

import pytest

from orchestrator.outgoing.addresses import AddressRefused, Target, check_url, is_public

TAKEN = {
    "https://example.com/hooks": Target("https", "example.com", 443),
    "https://example.com:8443/hooks?tenant=1": Target("https", "example.com", 8443),
    "https://93.184.215.14/": Target("https", "93.184.215.14", 443),
    "https://[2606:4700::1111]/": Target("https", "2606:4700::1111", 443),
    "HTTPS://Example.com": Target("https", "example.com", 443),
}
REFUSED = (
    "http://example.com/",
    "ftp://example.com/",
    "//example.com/",
    "example.com",
    "https://",
    "https:///hooks",
    "https://user@example.com/",
    "https://user:word@example.com/",
    "https://@example.com/",
    "https://example.com/#part",
    "https://example.com:22/",
    "https://example.com:80/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://exa mple.com/",
    "https://example.com\\@127.0.0.1/",
    "https://exämple.com/",
    "https://example.com/" + "a" * 2048,
    "https://localhost/",
    "https://localhost./",
    "https://shop.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[example.com]/",
)
PUBLIC = (
    "8.8.8.8",
    "93.184.215.14",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
)
NOT_PUBLIC = (
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:0:127.0.0.1",
    "1::1",
    "4000::1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
)


@pytest.mark.parametrize("url", TAKEN)
def test_public_https_is_taken(url: str) -> None:
    """An https address of the public internet names a host and a port."""
    assert check_url(url) == TAKEN[url]


@pytest.mark.parametrize("url", REFUSED)
def test_anything_else_is_refused(url: str) -> None:
    """What is no such address is refused, and the sentence does not repeat it."""
    with pytest.raises(AddressRefused) as refused:
        check_url(url)

    assert url not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/", "https://intranet:22/", "http://[::1]/"])
def test_a_deployment_may_allow_its_own_network(url: str) -> None:
    """With the setting, http and private hosts and ports are taken."""
    assert check_url(url, allow_private=True).host


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    """These are of the public internet."""
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_private_and_reserved_addresses(address: str) -> None:
    """These are not, whichever way they are written."""
    assert not is_public(address)
