"""A record system may open us in a new window or in a frame: where the clinic lists it as a frame's owner, our pages
allow it and their cookies live in its partition. [SMART App Launch 2.2, app-launch, Launch App: EHR Launch; the
cookies are ours]
"""

from tests.conformance.smart.launching import at_the_door, on_the_way_back
from tests.world import EHR, World


def test_the_listed_record_system_may_frame_us(world: World) -> None:
    browser, back = on_the_way_back(world)
    opened = browser.ask("GET", back)
    cookies = [
        at_the_door(world, iss=f"{EHR}/fhir", launch="x").headers["set-cookie"],
        next(one for one in opened.headers.get_list("set-cookie") if "__Host-visit-" in one),
    ]
    policy = browser.ask("GET", f"http://127.0.0.1:8080{opened.headers['location']}").headers

    assert f"frame-ancestors {EHR}" in policy["content-security-policy"].replace("'self' ", "")
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned"} <= {
            one.strip() for one in cookie.split(";")
        }
