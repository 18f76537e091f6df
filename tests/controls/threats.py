"""What is defended, row by row: each attack of the field and each boundary of ours, what holds, and what shows it.

`docs/THREAT_MODEL.md` holds the same table (test_threats.py compares them). `tests` are ids of pytest below tests/; those
of `controls` are names of tests/controls/table.py, where the defence is taken out of a copy and its test must then fail.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threat:
    """`row`: a number of the catalogue of attacks, or the number of a boundary's section behind "B"."""

    row: str
    attack: str
    holds: str
    tests: tuple[str, ...]
    controls: tuple[str, ...] = ()


SELECT, SELECTED = "flows/actions/test_select_attacks.py::test_row_", "flows/actions/test_select.py::test_"
PUBLISH, FORGED = "flows/actions/test_publish.py::test_", "flows/actions/test_forged.py::test_"
GATE, DECIDE, LEG = (f"flows/actions/test_{name}.py::test_" for name in ("gate", "decide", "leg"))
STATIC = "workflows/test_static.py::test_"
REFUSED = "programs/test_gateway_refusals.py::test_"
DOOR = "workflows/test_attacks.py::test_without_its_defence_the_file_is_refused[row-"
MORE = "workflows/test_more_attacks.py::test_without_its_defence_the_file_is_refused[row-"
E2E, REFS, BOX = "workflows/test_end_to_end.py::test_", "store/test_gitrefs.py::test_", "flows/test_box.py::test_"
OBJECTS, CI = "flows/actions/test_attacks_objects.py::test_row_28_", "flows/actions/test_attacks_ci.py::test_row_30_"
ZIP, SCAN, LOG = "edges/test_artifact.py::test_", "programs/test_scan.py::test_", "edges/test_runner_log.py::test_"
STOPS, API = "edges/github/test_github_stops.py::test_", "edges/github/test_github_"
STARTED = "agents/test_started.py::test_"
ACTIONS, SANITIZE = "edges/test_actions.py::test_", "edges/test_sanitize.py::test_"

HOSTILE = "sandboxes/test_hostile.py::test_nothing_outside_is_reached_or_changed"
BARE = "sandboxes/test_hostile.py::test_without_a_box_the_same_program_gets_out"
CANARIES = "sandboxes/test_canaries.py::test_no_"

ATTACKS = (
    Threat(
        "1",
        "issue text gives orders to an agent that holds a token",
        "who reads that text has no token and no rights; text is data in a file",
        (
            SELECT + "1_the_text_of_an_issue_reaches_neither_the_plan_nor_the_summary",
            SELECT + "1_choosing_is_a_program_whose_arguments_and_environment_hold_nothing_of_the_job",
            LEG + "the_run_job_writes_nothing_to_github",
            MORE + "1-a-token-where-strangers'-text-is-read]",
            MORE + "1-rights-where-an-agent-works]",
        ),
        ("no choosing without a box", "choosing has no environment", "choosing has no token"),
    ),
    Threat(
        "2",
        "anybody's title makes a bot install something, and a cache carries it into a release",
        "only labels of people with write start anything; nothing is cached; a release builds without rights",
        (
            SELECT + "6_a_strangers_label_starts_nothing",
            DOOR + "21-a-cache-that-a-stranger-filled]",
            DOOR + "21-identity-where-things-are-built]",
            HOSTILE,
        ),
        ("who labels may write", "no network in the box"),
    ),
    Threat(
        "3",
        "a title or a hidden comment has the agent look for keys and say them on GitHub",
        "there is no key to find where strangers' text is read; what leaves is redacted",
        (
            "agents/test_hostile_model.py::test_the_attacker_gets_nothing_and_changes_nothing",
            "agents/test_hostile_model.py::test_without_the_box_the_same_orders_do_harm",
            "flows/test_instructions.py::test_an_agent_is_not_shown_what_the_page_hides",
            MORE + "1-a-token-where-strangers'-text-is-read]",
        ),
        ("the agent is boxed", "no secret of the machine in an artifact", "an agent is not shown what a page hides"),
    ),
    Threat(
        "4",
        "a tool of the agent that is not boxed reads the environment of its process",
        "the whole agent is in the box, never a tool of it; the harness's keys are in none of its processes",
        (CANARIES + "key_or_token_of_the_harness_is_found_in_a_box", CANARIES + "agent_of_a_run_finds_them", BARE),
        ("the agent is boxed", "no processes of the host in the box"),
    ),
    Threat(
        "5",
        "a tool of the agent that is not boxed reads and writes files outside",
        "the whole agent is in the box",
        (HOSTILE, BOX + "a_boxed_agent_reaches_nothing_outside", BARE),
        ("the agent is boxed",),
    ),
    Threat(
        "6",
        "any App is trusted because its name ends in [bot]",
        "an App counts only by its listed id, and a workflow never; everybody else by the permission of now",
        (
            SELECT + "6_a_bots_label_starts_nothing_even_if_it_may_write",
            SELECT + "6_an_app_that_acts_for_a_person_counts_only_when_it_is_listed",
            SELECT + "6_somebody_who_lost_write_after_the_look_is_a_stranger",
        ),
        ("a workflow's labels never count", "an App's labels count when it is listed", "who labels may write"),
    ),
    Threat(
        "7",
        "hooks in a repository's settings start with Claude Code",
        "it loads settings of its own home only, and all it starts is in the box",
        (STARTED + "claude_loads_nothing_of_the_repository_and_asks_nobody", HOSTILE, BARE),
        ("settings of a repository are not loaded by claude", "the agent is boxed"),
    ),
    Threat(
        "8",
        "settings of a repository send the key to somebody else's address",
        "the key is in the gateway's process only; addresses are a person's word; agents hold a token of their run",
        (
            REFUSED + "of_the_client_s_headers_only_those_of_the_list_go_out",
            REFUSED + "no_host_but_the_one_provider_can_be_named",
            "programs/test_gateway.py::test_only_the_run_s_token_opens_it_and_only_the_real_key_goes_out",
        ),
        ("the client's headers stay here", "redirects are followed nowhere"),
    ),
    Threat(
        "9",
        "a repository's .env or settings make codex start programs",
        "its home is ours, its environment is given whole, settings of a repository are not loaded",
        (
            STARTED + "codex_loads_no_settings_no_rules_and_no_instructions_of_the_repository",
            STARTED + "it_speaks_to_the_gateway_alone_and_keeps_its_settings_below_its_home",
            HOSTILE,
        ),
        ("settings of a repository are not loaded by codex", "no key of a provider reaches an agent of others"),
    ),
    Threat(
        "10",
        "Gemini CLI trusts the folder it is started in",
        "it is started in an empty one",
        (STARTED + "one_that_loads_what_its_folder_holds_begins_in_an_empty_one", HOSTILE, BARE),
        ("gemini begins in an empty folder", "the agent is boxed"),
    ),
    Threat(
        "11",
        "a list of allowed commands sees the first of a chain only",
        "no command is judged by its words: programs run in the box or not at all, tools are named by the mission",
        (
            BOX + "without_a_box_nothing_that_runs_programs_is_chosen",
            STARTED + "one_that_cannot_be_held_to_reading_is_refused_where_it_may_only_read",
            STARTED + "a_mission_that_names_no_tools_lets_it_only_read",
            HOSTILE,
        ),
        ("without a box no programs", "one that cannot be held to reading is refused where it may only read"),
    ),
    Threat(
        "12",
        "the name of a branch is a program",
        "we name branches; names have one form and go by argv",
        (
            SELECT + "12_a_branch_is_named_by_us_whatever_the_title_says",
            SELECT + "12_a_plan_with_any_other_name_in_it_is_refused",
            MORE + "12-the-name-of-a-branch-in-a-shell]",
        ),
        ("names in a plan have one form", "only refs reach git"),
    ),
    Threat(
        "13",
        "a proxy is talked into another host",
        "there is no proxy and no network: one socket to one program of ours",
        (
            "sandboxes/test_room.py::test_one_socket_crosses_and_nothing_else_of_its_folder",
            "sandboxes/test_room.py::test_without_it_the_socket_is_not_there",
            HOSTILE,
        ),
        ("one socket crosses, nothing else of its folder", "no network in the box"),
    ),
    Threat(
        "14",
        "a host is compared by how its name begins or ends",
        "a host is compared whole, with its port; no redirect is followed; only links to one host stay alive",
        (
            "programs/test_egress.py::test_every_other_host_or_port_is_refused_and_told",
            REFUSED + "no_host_but_the_one_provider_can_be_named",
            SANITIZE + "what_is_live_is_dead_afterwards_and_still_readable",
        ),
        (
            "an install reaches no host but those of the registries",
            "a host is compared with its port",
            "redirects are followed nowhere",
        ),
    ),
    Threat(
        "15",
        "names that are looked up carry data out",
        "no resolver and no network: nothing sent by UDP arrives",
        (HOSTILE, BARE),
        ("no network in the box",),
    ),
    Threat(
        "16",
        "a boxed program becomes root again and removes the walls",
        "no capability, no namespace, no set-uid, no socket of Docker; calls that make any of them are refused",
        (HOSTILE, "sandboxes/test_seccomp.py::test_every_call_of_the_list_is_refused_and_every_other_passes", BARE),
        ("system calls are filtered",),
    ),
    Threat(
        "17",
        "a token with too many rights, in reach of a pull request's code, changes a release",
        "code of a pull request runs without rights; releases are built without identity, in a job of their own",
        (
            DOOR + "19-a-stranger's-pull-request-with-our-rights]",
            DOOR + "21-identity-where-things-are-built]",
            "workflows/test_release.py::test_an_artifact_that_another_job_touched_is_refused",
        ),
        ("checks again are of the commit that is judged",),
    ),
    Threat(
        "18",
        "an action's tag moves to somebody else's code",
        "few actions, each at a full commit",
        (DOOR + "18-a-tag-that-moves]", DOOR + "18-a-stranger's-action-in-a-job-with-rights]"),
        ("callers are pinned to a commit",),
    ),
    Threat(
        "19",
        "a stranger's pull request runs with our rights",
        "no event that brings rights; no expression in a shell",
        (DOOR + "19-a-title-in-a-shell]", DOOR + "19-a-stranger's-pull-request-with-our-rights]"),
    ),
    Threat(
        "20",
        "a stranger talks to a job that has rights or secrets",
        "no personal token; who may not write is passed by in silence",
        (
            DOOR + "20-a-personal-token-within-reach]",
            DOOR + "20-every-secret-at-once]",
            MORE + "20-anybody's-comment-starts-a-job]",
            DECIDE + "row_20_a_stranger_is_passed_by_in_silence",
        ),
        ("strangers get no answer",),
    ),
    Threat(
        "21",
        "a cache that a stranger filled reaches a release",
        "nothing is cached; only a release's last job has an identity",
        (
            DOOR + "21-a-cache-that-a-stranger-filled]",
            DOOR + "21-identity-where-things-are-built]",
            STATIC + "a_caller_shares_no_cache_where_the_host_can_forbid_it",
        ),
    ),
    Threat(
        "22",
        "a comment in a shell",
        "no expression in a shell; inputs only by environment",
        (DOOR + "22-a-comment-in-a-shell]",),
    ),
    Threat(
        "23",
        "an artifact unpacks over files of a job with rights",
        "our own reader: three names, plain files, sizes, one reading",
        (ZIP + "any_other_zip_is_refused", ZIP + "no_byte_of_a_zip_can_be_changed_unseen"),
        ("entries of a zip lie one behind the other", "no link in a zip", "no bomb in a zip", "no key twice in JSON"),
    ),
    Threat(
        "24",
        "any job of a run replaces another job's artifact",
        "facts cross by job outputs; an artifact is hostile bytes, bound to its own attempt",
        (
            DOOR + "24-the-plan-as-an-artifact]",
            PUBLISH + "an_artifact_that_is_not_what_a_run_job_writes_is_refused",
            PUBLISH + "a_leg_that_takes_the_place_of_another_is_refused_and_the_other_goes_on",
        ),
        (
            "exactly one artifact of the name",
            "an artifact is of its own attempt",
            "the bundle is the one that was named",
        ),
    ),
    Threat(
        "25",
        "printed commands and files of the runner change later steps",
        "printed text is calmed; outputs have names, random delimiters and a size",
        (
            DOOR + "25-variables-for-later-steps]",
            DOOR + "25-commands-printed-by-a-step]",
            LOG + "no_text_at_all_becomes_a_command",
            ACTIONS + "outputs_cross_whole_whatever_they_hold",
        ),
        (
            "a command with :: in a log is dead",
            "all that a step prints is calmed",
            "a value cannot end its own entry",
            "delimiters are random",
            "no variable that changes how programs start",
        ),
    ),
    Threat(
        "26",
        "hooks and configuration of a repository run on our next git command",
        "git directories of our own, isolated configuration",
        (
            "controls/test_isolation.py::test_a_hook_of_the_repository_never_runs",
            "controls/test_isolation.py::test_a_program_in_the_repositorys_configuration_never_runs",
            "edges/test_remote.py::test_nothing_of_the_user_s_configuration_bends_it",
        ),
        ("no hooks", "no file-system monitor", "no filters of the repository", "no configuration of the user"),
    ),
    Threat(
        "27",
        "git objects that write outside when they are checked out",
        "nothing is checked out; trees are judged entry by entry, in a box",
        (
            "guards/test_evil_trees.py::test_an_evil_tree_is_refused",
            SCAN + "an_evil_tree_in_an_artifact_never_passes",
            FORGED + "a_forged_tree_gets_no_branch",
            FORGED + "the_forger_would_get_through_with_a_harmless_tree",
        ),
        ("a forged tree is judged before it is pushed", "only what was judged comes out of the scan"),
    ),
    Threat(
        "28",
        "the reader of a patch sees other files than git changes",
        "no patch is read or applied; objects are judged and read back",
        (
            OBJECTS + "a_file_that_a_patchs_text_hides_is_judged",
            OBJECTS + "no_patch_is_applied_and_no_patchs_text_is_read_anywhere",
            SCAN + "a_commit_that_is_not_the_one_claimed_is_refused",
        ),
        ("the commit is byte for byte ours", "a pushed branch is read back"),
    ),
    Threat(
        "29",
        "a change of what decides: workflows, owners, editors, locks",
        "protected by name, whatever the letters; only the default branch can say otherwise",
        (
            GATE + "row_29_a_change_of_a_workflow_is_refused",
            FORGED + "a_forged_tree_gets_no_branch[a workflow in another case]",
            "guards/test_units.py::test_any_single_strange_letter_in_a_protected_name_is_seen_through",
        ),
        ("changes are examined", "the gate's guards are run", "the tightest rule holds"),
    ),
    Threat(
        "30",
        "CI runs an agent's code with secrets",
        "GITHUB_TOKEN opens the pull request, so its runs wait for a person",
        (
            CI + "ci_of_a_handoff_waits_for_a_person",
            CI + "with_the_token_of_an_app_it_would_run_at_once_with_secrets",
            DOOR + "30-an-App's-token,-whose-pull-requests-start-CI-with-secrets]",
        ),
    ),
    Threat(
        "31",
        "characters that only the model sees",
        "stripped from all that is shown, refused in code",
        (
            SANITIZE + "no_invisible_character_of_all_unicode_is_left",
            "guards/test_units.py::test_every_invisible_character_is_refused_in_added_text",
            SELECT + "31_nothing_invisible_of_a_label_or_title_is_shown",
            FORGED + "a_forged_tree_gets_no_branch[text nobody sees]",
            "policy/test_hidden.py::test_every_character_that_nobody_sees_is_told_and_left_out",
            "flows/test_instructions.py::test_an_agent_is_not_shown_what_the_page_hides",
        ),
        (
            "foreign words are harmless in a title",
            "an agent is not shown what a page hides",
            "hidden characters make a person look first",
        ),
    ),
    Threat(
        "32",
        "a secret leaves as a row of images that the page loads",
        "no image and no link to another host is alive in anything we post",
        (
            SANITIZE + "what_is_live_is_dead_afterwards_and_still_readable",
            SANITIZE + "nothing_is_live_and_sanitising_again_changes_nothing",
            GATE + "row_35_no_word_of_the_change_comes_alive_in_our_comment",
        ),
        ("no image is alive", "no link to another host is alive"),
    ),
    Threat(
        "33",
        "an issue has the agent read another repository and tell of it",
        "a run sees one repository; an agent has no token, no tool that speaks to GitHub, and no network",
        (
            LEG + "the_run_job_writes_nothing_to_github",
            DOOR + "20-a-personal-token-within-reach]",
            "programs/test_loop.py::test_a_tool_that_the_mission_does_not_allow_is_not_there",
            HOSTILE,
        ),
        ("no network in the box", "a model has the tools of its mission and no others"),
    ),
    Threat(
        "34",
        "a file of instructions for agents is changed to command them",
        "files are read at the base commit, ranked as data but for the trusted one; a change may not touch them",
        (
            "flows/test_instructions.py::test_instructions_are_those_of_the_base_commit",
            "flows/test_instructions.py::test_instructions_that_are_not_the_trusted_ones_are_left_out",
            "flows/test_instructions.py::test_a_link_is_no_instruction",
            "policy/test_instructions.py::test_no_foreign_line_can_pass_for_one_of_ours",
        ),
        (
            "only trusted instructions govern",
            "a link is no instruction",
            "every foreign line of a prompt is marked",
        ),
    ),
    Threat(
        "35",
        "our own comment starts somebody else's bot",
        "mentions, closing words and commands of others are dead in what we post",
        (
            SANITIZE + "what_is_live_is_dead_afterwards_and_still_readable",
            GATE + "row_35_no_word_of_the_change_comes_alive_in_our_comment",
            DECIDE + "row_35_a_reply_starts_nothing_and_mentions_nobody",
        ),
        ("foreign words are harmless in a body", "foreign words are harmless in a summary"),
    ),
    Threat(
        "36",
        "the text is edited after a person agreed to it",
        "every steering label is newer than the text; text is pinned and read anew at each step",
        (
            SELECT + "36_an_edit_after_the_label_needs_a_new_label",
            SELECT + "36_an_edit_after_the_look_is_seen_before_the_claim",
            DECIDE + "row_36_an_approval_of_a_text_that_was_edited_is_refused",
            MORE + "36-an-answer-that-was-edited-after-it-was-read]",
        ),
        (
            "the text is older than the label",
            "the same second is not older",
            "the text must be the one that was agreed to",
        ),
    ),
    Threat(
        "37",
        "a program reads the environment of its parents by /proc",
        "processes of its own; the launcher's environment is the program's; keys are in no ancestor in sight",
        (CANARIES + "key_or_token_of_the_harness_is_found_in_a_box", HOSTILE, BARE),
        ("no processes of the host in the box",),
    ),
    Threat(
        "38",
        "a box that root began writes /proc/sys of the host",
        "root becomes nobody before the box is made",
        (
            "sandboxes/test_bubblewrap.py::test_without_its_defence_a_box_begun_by_root_opens_core_pattern",
            "sandboxes/test_hostile.py::test_root_becomes_nobody_before_the_walls_of_l1",
            HOSTILE,
        ),
    ),
    Threat(
        "39",
        "a socket of Docker, or sudo, gives root back",
        "no folder of the host but the toolchain; nothing gains privileges",
        (HOSTILE, "sandboxes/test_namespaces.py::test_sudo_is_asked_on_a_runner_alone", BARE),
        ("one socket crosses, nothing else of its folder",),
    ),
    Threat(
        "40",
        "an attacker's own key carries data to a provider that is allowed",
        "the client's credentials are replaced; exact paths only, so nothing can be uploaded or kept there",
        (
            REFUSED + "without_the_run_s_token_nothing_goes_out",
            REFUSED + "other_paths_lead_nowhere",
            "protocols/test_bodies.py::test_only_exact_paths_lead_anywhere",
        ),
        ("the gateway opens to the run's token only", "exact paths and queries"),
    ),
    Threat(
        "41",
        "a dependency that was poisoned, or that does not exist yet, is added",
        "an agent reaches no registry; a change of what is installed waits for a person",
        (
            HOSTILE,
            "flows/test_attempt.py::test_a_clean_change_passes_and_a_manifest_asks",
            "programs/test_egress.py::test_every_other_host_or_port_is_refused_and_told",
        ),
        ("no network in the box", "medium risk is asked about"),
    ),
    Threat(
        "42",
        "a step does what a model said",
        "model text reaches closed schemas only; what they let through is compared with the API",
        (
            DOOR + "42-what-a-model-said,-run-by-a-step]",
            SELECT + "42_choices_of_any_other_shape_are_refused_whole",
            SELECT + "42_a_box_cannot_make_an_issue_trusted",
            FORGED + "what_a_check_runs_is_our_word_and_a_check_we_do_not_want_is_not_told",
        ),
        (
            "what the box says is what the labels say",
            "the box names issues that were read",
            "choices have one closed shape",
            "what a check runs is our word",
        ),
    ),
    Threat(
        "43",
        "a token in .git/config leaves in an artifact",
        "checkouts keep no token; an artifact has three named files",
        (
            DOOR + "43-a-token-left-in-.git/config]",
            DOOR + "43-a-whole-folder-as-an-artifact]",
            "edges/test_remote.py::test_the_token_is_in_no_argument_and_no_file",
        ),
        ("no password in a remote's address",),
    ),
    Threat(
        "44",
        "automation approves or merges its own work",
        "no such request is ever sent, no such word is in a workflow",
        (
            PUBLISH + "publish_uses_no_more_than_its_permissions_and_never_approves_or_merges",
            GATE + "row_44_nothing_approves_merges_or_switches_auto_merge_on",
            DECIDE + "row_44_no_approval_ever_approves_or_merges_on_github",
            DOOR + "44-automation-that-merges-its-own-work]",
        ),
    ),
    Threat(
        "45",
        "a transcript or summary tells a secret",
        "everything is redacted before it leaves; summaries are made of typed fields",
        (
            LEG + "what_an_agent_writes_of_a_secret_of_this_machine_leaves_in_none_of_the_files",
            ACTIONS + "no_secret_reaches_a_summary",
            "edges/test_redact.py::test_a_known_value_is_found_in_every_disguise",
        ),
        ("transcripts are redacted", "no secret of the machine in an artifact", "no secret in a step summary"),
    ),
)

BOUNDARIES = (
    Threat(
        "B1",
        "a repository is believed because it is there",
        "inert until trusted; on GitHub the default branch decides",
        (
            "flows/test_trust.py::test_an_untrusted_repository_runs_nothing_and_every_argv_is_shown",
            GATE + "checks_are_those_of_the_base_never_of_the_change",
            PUBLISH + "whatever_moved_since_the_plan_ends_the_attempt_as_stale[what governs changed]",
        ),
        ("a run needs trust", "trust is for these exact files", "checks again are the base's", "none only by a person"),
    ),
    Threat(
        "B2",
        "hostile bytes meet a process with rights",
        "agents, checks, choosing and the scan are in the box; no box, no publish",
        (
            BOX + "a_boxed_agent_reaches_nothing_outside",
            SCAN + "without_a_box_of_namespaces_nothing_is_scanned",
            PUBLISH + "without_a_box_nothing_is_published_and_the_fix_is_told",
        ),
        ("no box, no publish", "the agent is boxed", "checks are boxed", "the scan's verdict is a plain file"),
    ),
    Threat(
        "B3",
        "one job holds more than its work needs",
        "permissions per job; scopes used are those declared",
        (
            STATIC + "a_workflow_keeps_every_rule",
            SELECTED + "the_job_uses_the_permissions_it_declares_and_no_others",
            PUBLISH + "publish_uses_no_more_than_its_permissions_and_never_approves_or_merges",
            E2E + "each_job_used_no_scope_that_it_does_not_declare_and_no_token_is_told",
        ),
        ("a stranger's issue runs alone", "nothing runs beside a stranger's issue"),
    ),
    Threat(
        "B4",
        "the plan grows, the artifact lies, set-up reads a key",
        "ids and hashes within limits; our reader; set-up first and without keys",
        (
            "flows/actions/test_select_attacks.py::test_a_plan_over_its_limits_is_refused_on_both_sides",
            ZIP + "any_other_zip_is_refused",
            "flows/actions/test_setting_up.py::test_no_key_and_no_file_of_the_runner_reaches_them",
            LEG + "an_issue_that_is_not_the_one_that_was_planned_is_stale",
        ),
        ("no secret in the project's set-up", "set-up begins in the project", "an issue that changed gets no agent"),
    ),
    Threat(
        "B5",
        "a claim of the run job is taken for evidence",
        "only checks that ran again on the head, without rights, count",
        (
            GATE + "forged_results_without_the_configured_check_fail",
            GATE + "results_of_another_head_fail",
            FORGED + "checks_that_are_said_to_have_passed_on_another_commit_block",
        ),
        ("checks again are of the commit that is judged", "every configured check was run again", "forks get no write"),
    ),
    Threat(
        "B6",
        "two workers hold the same claim",
        "leases move by compare-and-swap, together with the branch; whoever lost one says nothing more",
        (
            REFS + "a_stale_fence_refuses_the_branch_and_the_lease",
            SELECTED + "two_selects_racing_never_both_claim",
            "flows/actions/test_workers.py::test_workers_at_once_make_one_pull_request_and_say_nothing_twice",
            "flows/actions/test_at_once.py::test_whose_lease_was_taken_over_says_nothing_of_the_handoff_of_another",
            "storm/test_races.py::test_two_copies_of_a_store_on_refs_that_race_never_both_win",
        ),
        (
            "all refs of a push move or none",
            "a push compares each ref",
            "a lease that was lost publishes nothing",
            "what was handed off since the look is not claimed again",
            "who lost its lease says nothing more",
        ),
    ),
    Threat(
        "B7",
        "the base moved since the work began",
        "the same change on top where nothing it touches moved, else stale",
        (
            "flows/actions/test_moved_base.py::test_a_base_that_moved_under_the_change_is_stale_and_nothing_is_pushed",
            "flows/actions/test_moved_base.py::test_a_change_is_made_again_only_where_nothing_it_touches_moved",
            PUBLISH + "where_only_signed_commits_are_taken_github_signs_the_same_tree",
        ),
        ("a base that moved under the change is stale", "what waits is the commit that was asked about"),
    ),
    Threat(
        "B8",
        "a label, comment or pull request is not whose it seems",
        "label events by people with write; comments by their number; pull requests by commit and repository",
        (
            SELECT + "6_every_steering_label_needs_a_writers_event",
            DECIDE + "an_edited_comment_does_not_count",
            GATE + "a_strangers_comment_with_our_mark_is_not_taken_for_ours",
            API + "writes.py::test_a_pull_request_of_a_fork_with_our_branchs_name_is_not_ours",
        ),
        (
            "every steering label has its own event",
            "a workflow's labels never count",
            "an edited comment is no answer",
            "only a pull request at our commit is ours",
            "only a pull request of this repository is ours",
        ),
    ),
    Threat(
        "B9",
        "work goes on after somebody said stop",
        "three sources that always answer, read before each write; what cannot be read is a stop",
        (
            STOPS + "a_source_that_cannot_be_read_is_never_go_on",
            PUBLISH + "after_a_stop_that_came_in_the_middle_no_write_follows_and_the_rest_is_done_later",
            "flows/actions/test_stopped.py::test_nothing_is_written_after_a_read_that_showed_the_stop",
            E2E + "nothing_is_written_after_a_read_that_showed_the_stop",
        ),
        ("stop before a claim", "no write of publish under a stop", "no agent under a stop on GitHub"),
    ),
    Threat(
        "B10",
        "a request for a model makes the provider act, fetch or keep",
        "closed bodies for each protocol, written anew; asked for, metered and written down call by call",
        (
            "protocols/test_bodies.py::test_what_a_provider_would_do_itself_is_refused",
            "protocols/test_bodies.py::test_no_key_that_is_not_known_passes_at_any_depth",
            REFUSED + "a_body_that_may_not_pass_goes_nowhere_and_the_agent_is_told_why",
            "programs/test_gateway.py::test_whichever_call_of_a_conversation_fails_all_that_may_be_spent_is_told",
        ),
        ("bodies are of a closed shape", "unknown keys are refused", "no call without the harness's go"),
    ),
    Threat(
        "B11",
        "the caller's own tree is installed in our name",
        "one exact commit of one repository, asserted; wheels by hash",
        (
            "workflows/test_installing.py::test_only_one_exact_commit_of_one_repository_is_fetched",
            "workflows/test_installing.py::test_pip_takes_only_wheels_with_their_hashes_and_no_configuration_of_the_runner",
            STATIC + "a_rule_notices_when_it_is_broken",
        ),
        ("callers are pinned to a commit",),
    ),
    Threat(
        "B12",
        "reading uses up the quota that people need",
        "one request tells that nothing changed; a reserve is left; one policy of retries",
        (
            SELECTED + "when_nothing_changed_one_request_tells",
            SELECTED + "among_a_thousand_issues_choosing_takes_fifteen_requests_and_one_for_each_chosen",
            STOPS + "unchanged_sources_are_answered_with_304_and_cost_no_quota",
        ),
        ("the last requests of the hour are left to people", "PyGithub sees nothing it would act on"),
    ),
    Threat(
        "B13",
        "a test proves what GitHub would not do",
        "the hub holds each job to its permissions and each answer to GitHub's own document",
        (
            "hub/test_hub_permissions.py::test_a_job_may_do_what_it_declares_and_not_what_another_job_declares",
            "hub/test_hub_referee.py::test_every_route_of_the_hub_is_in_the_document",
            "hub/test_act_gaps.py::test_filters_permissions_and_groups_are_not_looked_at",
            STATIC + "every_rule_has_a_fault_that_shows_it_works",
        ),
    ),
)

# What is not shown by any test, and why.
THREATS = (*ATTACKS, *BOUNDARIES)
