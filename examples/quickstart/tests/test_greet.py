import unittest

from hello import GREETING, greet


class Greet(unittest.TestCase):
    def test_nobody_in_particular_gets_the_plain_greeting(self):
        self.assertEqual(greet(), GREETING)

    def test_a_name_is_greeted_too(self):
        self.assertTrue(greet("Ada").endswith("and Ada"))

    def test_the_greeting_is_for_the_world(self):
        self.assertTrue(GREETING.endswith("world"))
