"""Reads a PDC server with the public client and prints what it got: read_pdc.py API_URL"""

import json
import sys

import beanbag
import pdc_client


def status_of(ask):
    try:
        ask()
    except beanbag.BeanBagException as error:
        return error.response.status_code
    return 200


client = pdc_client.PDCClient(sys.argv[1], develop=True)
print(
    json.dumps(
        {
            "modules": list(client["modules"].results(page_size=10)),
            "all_at_once": client["modules"]._(page_size=-1),
            "unreleasedvariants": list(client["unreleasedvariants"].results()),
            "past_the_end": status_of(lambda: client["modules"]._(page=99)),
            "unknown_filter": status_of(lambda: client["modules"]._(bogus=1)),
        }
    )
)
