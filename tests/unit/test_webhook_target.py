"""Where webhooks may lead: to public web servers alone, however the address is spelt."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from domain.errors import DomainError, ErrorCode
from domain.webhook_target import MAX_URL, WebhookTarget, checked_target, is_public

NOT_PUBLIC = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "100.100.100.200"),
    *("127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1"),
    # IPv4 addresses in disguise: mapped, compatible, translated, NAT64, 6to4, Teredo.
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "::ffff:0:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2001::1", "2001:db8::1", "3fff::1", "5f00::1"),
)
PUBLIC = (
    *("1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1"),
    *("168.63.129.15", "169.253.255.255", "172.15.255.255", "172.32.0.1", "192.0.1.1", "192.167.255.255"),
    *("198.17.255.255", "198.20.0.1", "223.255.255.255", "2001:200::1", "2606:4700::1111", "2a00:1450:4001:81b::200e"),
)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_nobody_s_or_ours_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(DomainError) as refused:
        checked_target(f"https://{host}/hook", False, "input", "url")
    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("input", "url"))
    assert "WEBHOOK_PRIVATE_TARGETS" in refused.value.message
    assert checked_target(f"http://{host}:8080/hook", True).port == 8080


@pytest.mark.parametrize("address", PUBLIC)
def test_any_other_address_is(address: str) -> None:
    assert is_public(ip_address(address))
    checked_target(f"https://[{address}]/" if ":" in address else f"https://{address}/", False)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.org", WebhookTarget("https", "hooks.example.org", 443, "/")),
        ("HTTPS://Hooks.Example.org./a/b?c=d&e", WebhookTarget("https", "hooks.example.org", 443, "/a/b?c=d&e")),
        ("https://hooks.example.org:8443?x", WebhookTarget("https", "hooks.example.org", 8443, "/?x")),
        ("https://xn--bcher-kva.example:443/", WebhookTarget("https", "xn--bcher-kva.example", 443, "/")),
        ("https://relay/", WebhookTarget("https", "relay", 443, "/")),
        ("https://[2606:4700::1111]:444/x", WebhookTarget("https", "2606:4700::1111", 444, "/x")),
    ],
)
def test_an_address_is_taken_apart(url: str, target: WebhookTarget) -> None:
    assert checked_target(url, False) == target


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://a.example/", "a.example"),
        ("https://a.example:8443/", "a.example:8443"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]"),
        ("https://[2606:4700::1111]:444/", "[2606:4700::1111]:444"),
    ],
)
def test_the_host_header_names_the_port_where_it_is_another(url: str, authority: str) -> None:
    assert checked_target(url, False).authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org",
        "//hooks.example.org/",
        "https:",
        "https://",
        "https:///path",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "javascript:alert(1)",
        "https://user@hooks.example.org/",
        "https://user:secret@hooks.example.org/",
        "https://hooks.example.org@127.0.0.1/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:65536/",
        "https://hooks.example.org:port/",
        "https://hooks.example.org:-1/",
        "https://hooks example.org/",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/\r\nX-Evil: 1",
        "https://hooks.example.org\\@127.0.0.1/",
        "https://bücher.example/",
        "https://hooks..example.org/",
        "https://-hooks.example.org/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 127 + "example/",
        "https://[::1/",
        "https://[hooks.example.org]/",
        "https://[127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        # Other spellings of 127.0.0.1 that resolvers take.
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://127.0.0.01/",
        "https://hooks.example.org/" + "a" * MAX_URL,
    ],
)
def test_what_is_no_address_of_a_web_server_is_refused_whatever_is_allowed(url: str) -> None:
    for private_targets in (False, True):
        if url == "https://127.0.0.1./" and private_targets:
            continue
        with pytest.raises(DomainError) as refused:
            checked_target(url, private_targets, "input", "url")
        assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("input", "url"))


@pytest.mark.parametrize("url", ["http://hooks.example.org/", "https://localhost/", "https://api.LOCALHOST./"])
def test_plain_http_and_this_machine_s_name_need_the_setting(url: str) -> None:
    with pytest.raises(DomainError, match="WEBHOOK_PRIVATE_TARGETS"):
        checked_target(url, False)
    checked_target(url, True)
