"""Every safety control, what of the source is its call, and the test that must fail when that is gone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """`changes`: (file below autonomy_pack, its exact text, what stands there when the control is gone)."""

    name: str
    test: str
    changes: tuple[tuple[str, str, str], ...]


def control(name: str, test: str, *changes: tuple[str, str, str]) -> Control:
    return Control(name, f"tests/{test}", changes)


FORGE = "forges/test_local.py::test_"
STOP, DECIDE, HAND = "flows/test_stop.py::test_", "flows/test_decisions.py::test_", "flows/test_handoff.py::test_"
ATTEMPT, CHECK, BOX = "flows/test_attempt.py::test_", "flows/test_checks.py::test_", "flows/test_box.py::test_"
CLAIM, RECORD, TRUST = "flows/test_claim.py::test_", "flows/test_records.py::test_", "flows/test_trust.py::test_"
REMOTE, REFS = "edges/test_remote.py::test_", "store/test_gitrefs.py::test_"
PROMPT, REVIEW = "flows/test_instructions.py::test_", "flows/actions/test_reviewing.py::test_"
COMMENT = "policy/test_instructions.py::test_a_comment_of_anybody_else_or_of_later_does_not_count"
GIT, DRY = "controls/test_isolation.py::test_", "flows/test_rehearse.py::test_"
DEAD = "edges/test_sanitize.py::test_what_is_live_is_dead_afterwards_and_still_readable"

STOPS = (
    control(
        "nothing begins under a stop",
        STOP + "a_stop_file_of_any_content_stops[empty]",
        ("flows/session.py", "    stop.heed(project.place)\n", ""),
    ),
    control(
        "a STOP that cannot be read is a STOP",
        STOP + "a_stop_file_of_any_content_stops[words]",
        ("flows/stop.py", "    except Exception:  # noqa: BLE001 - an unreadable STOP", "    except KeyError:  #"),
    ),
    control(
        "a dangling link named STOP is a STOP",
        STOP + "a_stop_that_is_a_folder_or_a_dangling_link_stops_too",
        (
            "flows/stop.py",
            "    if not path.exists() and not path.is_symlink():\n        return None",
            "    if not path.exists():\n        return None",
        ),
    ),
    control(
        "stop before each issue",
        STOP + "a_stop_between_two_issues_leaves_the_second_alone",
        (
            "flows/session.py",
            'if stop.read(project.place) is not None or project.forge.stop_words(""):',
            'if project.forge.stop_words(""):',
        ),
    ),
    control(
        "stop before the agent",
        STOP + "no_agent_is_started_under_a_stop",
        ("flows/agent.py", "    job.heed_stop()\n    agent, watch", "    agent, watch"),
    ),
    control(
        "stop before each step",
        STOP + "no_step_begins_after_a_stop",
        ("flows/agent.py", "self.too_many or self._job.why_stop()", "self.too_many"),
    ),
    control(
        "stop while the agent works",
        STOP + "a_hanging_agent_is_ended_by_a_stop",
        ("flows/agent.py", "if watch.too_many else job.why_stop()", 'if watch.too_many else ""'),
    ),
    control(
        "stop before each check",
        STOP + "no_check_begins_after_a_stop",
        ("flows/checks.py", "    job.heed_stop()\n    job.terms", "    job.terms"),
        ("flows/checks.py", "head, folder, heeding.judging(job))", "head, folder)"),
    ),
    control(
        "stop while git reads what an agent left",
        STOP + "a_stop_is_heeded_while_git_reads_what_an_agent_left",
        ("flows/work.py", "make_change(job, heeding.judging(job))", "make_change(job)"),
    ),
    control(
        "git is ended in its middle",
        STOP + "a_stop_is_heeded_while_git_reads_what_an_agent_left",
        ("edges/heeded.py", "        heed()\n", ""),
    ),
    control(
        "stop between guards",
        STOP + "a_stop_is_heeded_while_guards_judge",
        ("flows/work.py", "job.run.task.repair, heeding.judging(job)", "job.run.task.repair, nothing"),
    ),
    control(
        "stop between the files of a guard",
        "guards/test_check.py::test_guards_look_before_each_file_at_whether_they_may_go_on",
        ("edges/objects.py", "        heed()\n        yield file\n", "        yield file\n"),
    ),
    control(
        "stop while a check works",
        STOP + "a_hanging_check_is_ended_by_a_stop_and_did_not_run",
        ("flows/checks.py", "stop=job.why_stop,", 'stop=lambda: "",'),
    ),
    control(
        "stop before a question",
        STOP + "no_question_is_asked_after_a_stop",
        ("flows/work.py", "why=worst.says)\n    job.heed_stop()\n", "why=worst.says)\n"),
    ),
    control(
        "stop before a handoff begins",
        STOP + "a_handoff_does_not_even_begin_under_a_stop",
        (
            "flows/handoff.py",
            "    stop.heed(project.place)\n    stop.heed_forge(project, offer.issue)\n    intended",
            "    intended",
        ),
    ),
    control(
        "stop before a branch",
        STOP + "a_stop_just_before_the_branch_is_made_leaves_none",
        ("flows/handoff.py", "    stop.heed(project.place)\n    bring_in", "    bring_in"),
    ),
    control(
        "a stop label right before a branch",
        STOP + "a_stop_label_right_before_the_branch_is_heeded",
        ("flows/handoff.py", "    bring_in(project, offer)\n    stop.heed_forge(project, offer.issue)\n", ""),
    ),
    control(
        "a stop label while the agent works",
        STOP + "the_stop_label_is_heeded_while_the_agent_works",
        ("flows/attempt.py", "terms.stopped() or watch.said", "terms.stopped()"),
    ),
    control(
        "a workflow that a person disabled stays so",
        "flows/actions/test_remote_stop.py::test_a_workflow_that_a_person_disabled_is_never_enabled_by_us",
        ("flows/actions/remote_stop.py", "if not enable and not was_us(store(), workflow):", "if False:"),
    ),
    control(
        "stop before an approval",
        DECIDE + "nothing_is_approved_under_a_stop",
        ("flows/decisions.py", "    stop.heed(project.place)\n", ""),
    ),
    control(
        "what a stopped agent left is kept",
        STOP + "a_hanging_agent_is_ended_by_a_stop",
        ("flows/work.py", "        keep_work(job)\n        raise", "        raise"),
    ),
)

TRUSTS = (
    control(
        "a run needs trust",
        TRUST + "an_untrusted_repository_runs_nothing_and_every_argv_is_shown",
        ("commands/working.py", "        trust.need(place)\n        opened", "        opened"),
    ),
    control(
        "a dry run needs trust",
        TRUST + "a_dry_run_asks_for_trust_too",
        ("commands/working.py", "        trust.need(place)\n        chosen_box", "        chosen_box"),
    ),
    control(
        "without trust nothing that runs programs is chosen",
        TRUST + "without_trust_even_a_session_chooses_no_mission_that_runs_programs",
        ("flows/survey.py", "    if not trust.may_run_programs(project.place):", "    if False:"),
    ),
    control(
        "trust is for these exact files",
        TRUST + "any_change_to_what_governs_asks_again[.github/autonomy/agents/planner.md]",
        ("flows/trust.py", '.get("files") == _digest(governing_files(place))', '.get("files") is not None'),
    ),
    control(
        "trust is for this path",
        TRUST + "trust_is_for_one_path_only",
        ("flows/trust.py", "_trusted().get(_key(place), {})", "next(iter(_trusted().values()), {})"),
    ),
    control(
        "programs of every mission are shown",
        TRUST + "a_mission_that_leans_on_the_configurations_checks_shows_its_programs",
        ("flows/trust.py", "(text, path, checks=[check.name for check in own])", "(text, path)"),
    ),
)

BOXES = (
    control(
        "never weaker than asked for",
        BOX + "a_level_that_cannot_be_had_is_refused_not_weakened",
        ("flows/box.py", '    if wanted != "auto":', "    if False:"),
    ),
    control(
        "auto never means none",
        BOX + "without_a_box_only_the_planner_works_and_runs_no_programs",
        (
            "flows/box.py",
            '    walled = [one for one in SANDBOXES.values() if one.level != "none"]',
            "    walled = list(SANDBOXES.values())",
        ),
    ),
    control(
        "where there are no namespaces no owner and no attribute of a file is changed",
        "sandboxes/test_seccomp.py::test_without_namespaces_sockets_are_what_was_named_and_tcp_alone",
        ("sandboxes/seccomp.py", "_REFUSED | _IPC | _OUTSIDE", "_REFUSED | _IPC"),
    ),
    control(
        "where there are no namespaces no priority of others is changed",
        "sandboxes/test_seccomp.py::test_without_namespaces_a_priority_is_ones_own_and_no_groups_or_users",
        ("sandboxes/seccomp.py", "_about(numbers[which], _own_priority(process))", "[]"),
    ),
    control(
        "system calls are filtered",
        "sandboxes/test_seccomp.py::test_in_the_box_the_calls_are_refused_for_real",
        ("sandboxes/bubblewrap.py", "    filtered = seccomp.program(os.uname().machine).hex()", '    filtered = ""'),
    ),
    control(
        "no network in the box",
        "sandboxes/test_hostile.py::test_nothing_outside_is_reached_or_changed[bubblewrap-us]",
        ("programs/box.py", '"--unshare-all",', '"--unshare-all", "--share-net",'),
    ),
    control(
        "no processes of the host in the box",
        "sandboxes/test_hostile.py::test_nothing_outside_is_reached_or_changed[bubblewrap-us]",
        ("programs/box.py", '"--unshare-all",', '"--unshare-net", "--unshare-ipc", "--unshare-uts",'),
    ),
    control(
        "one socket crosses, nothing else of its folder",
        "sandboxes/test_room.py::test_one_socket_crosses_and_nothing_else_of_its_folder[us]",
        (
            "programs/box.py",
            "{*self.write, *self.read, self.socket}",
            "{*self.write, *self.read, os.path.dirname(self.socket)}",
        ),
    ),
    control(
        "processes and files are bounded",
        "sandboxes/test_seccomp.py::test_processes_and_files_are_bounded",
        ("programs/box.py", '"--", *_counted(argv)]', '"--", *argv]'),
    ),
    control(
        "nobody says none where a job's token is",
        BOX + "in_github_actions_nobody_can_say_none[variable]",
        ("flows/box.py", 'if wanted == "none" and host.setting("GITHUB_ACTIONS") == "true":', "if False:"),
    ),
    control(
        "a step of a job takes no weaker box",
        "commands/test_step_inputs.py::test_a_step_takes_no_weaker_box_than_one_with_walls[none]",
        ("commands/step_inputs.py", 'if sandbox not in ("", *SANDBOXES):', "if False:"),
    ),
    control(
        "none only by a person",
        BOX + "a_repository_may_not_say_none",
        ("schemas/config.json", '"enum": ["auto", "L2", "L1"]', '"enum": ["auto", "L2", "L1", "none"]'),
    ),
    control(
        "without a box no programs",
        BOX + "without_a_box_nothing_that_runs_programs_is_chosen[checks]",
        ("flows/survey.py", 'if box.level == "L0" else ""', 'if False else ""'),
    ),
    control(
        "the agent is boxed",
        BOX + "a_boxed_agent_reaches_nothing_outside",
        ("flows/agent.py", "        boxed,\n        seconds", "        command,\n        seconds"),
    ),
    control(
        "checks are boxed",
        BOX + "a_boxed_check_reaches_nothing_outside",
        ("flows/checks.py", "job.terms.box.wrap(command, str(copy))", "command"),
    ),
)

PEOPLE = (
    control(
        "an agent does not approve",
        DECIDE + "an_agent_never_answers_for_a_person[approve]",
        (
            "flows/decisions.py",
            '    stop.refuse_agents(project.store, "approve")\n    stop.heed(project.place)\n',
            "    stop.heed(project.place)\n",
        ),
    ),
    control(
        "an agent does not deny",
        DECIDE + "an_agent_never_answers_for_a_person[deny]",
        ("flows/decisions.py", '    stop.refuse_agents(project.store, "deny")\n', ""),
    ),
    control(
        "an agent does not resume",
        DECIDE + "an_agent_never_answers_for_a_person[resume]",
        ("flows/stop.py", '    refuse_agents(store, "resume")\n', ""),
    ),
    control(
        "an agent does not reset",
        DECIDE + "an_agent_never_answers_for_a_person[reset]",
        ("flows/tasks.py", "    stop.refuse_agents(project.store, kind)\n", ""),
    ),
    control(
        "a check does not answer",
        DECIDE + "a_check_never_answers_for_a_person_either",
        ("flows/stop.py", "({(one.pid, one.pid_start) for one in holders} | _agents(store))", "_agents(store)"),
    ),
)

LEASES = (
    control(
        "a late writer is refused",
        HAND + "a_lease_stolen_in_mid_run_ends_it_stale_without_a_handoff",
        ("store/tables.py", "            if lease is not None:\n                self.require(lease)\n", ""),
    ),
    control(
        "a handoff begins under its fence",
        HAND + "a_lease_stolen_at_the_last_moment_makes_no_branch",
        ("flows/handoff.py", "append([intended], lease=lease)", "append([intended])"),
    ),
    control(
        "a lost lease is stale, not failed",
        HAND + "a_lease_stolen_in_mid_run_ends_it_stale_without_a_handoff",
        (
            "flows/attempt.py",
            "    except LeaseLost as error:\n        ending = Ending(outcome=Outcome.STALE, why=error.says)\n",
            "",
        ),
    ),
    control(
        "a lost lease does not end the session",
        HAND + "a_lease_stolen_in_mid_run_ends_it_stale_without_a_handoff",
        ("flows/attempt.py", "contextlib.suppress(LeaseLost)", "contextlib.nullcontext()"),
    ),
    control(
        "a lost lease ends the agent",
        ATTEMPT + "a_lease_that_is_lost_ends_a_silent_agent",
        (
            "flows/claim.py",
            "        except LeaseLost:\n            claim.lost.set()",
            "        except LeaseLost:\n            pass",
        ),
    ),
    control(
        "leases are renewed",
        CLAIM + "a_lease_is_renewed_while_work_goes_on",
        ("flows/claim.py", "                store.renew(lease, seconds=SECONDS)", "                pass"),
    ),
    control(
        "a claim is bound to what was chosen",
        CLAIM + "a_task_that_another_session_finished_meanwhile_is_not_taken",
        ("flows/claim.py", "events=claimed, only_if=unmoved)", "events=claimed)"),
    ),
    control(
        "a lane has its slots",
        CLAIM + "a_lane_holds_as_many_tasks_as_it_has_slots",
        ("flows/claim.py", 'f"lane:{task.lane}/{slot}"]', 'f"lane:{task.id}/{slot}"]'),
    ),
    control(
        "take-over ends what was left running",
        CLAIM + "what_a_dead_harness_left_running_is_ended_before_its_task_is_tried_again",
        ("flows/recover.py", "    _kill(project, lease)\n", ""),
    ),
    control(
        "only the recorded process is ended",
        CLAIM + "another_process_with_the_same_number_is_not_touched",
        ("edges/shell.py", "if pid <= 1 or host.pid_start(pid) != pid_start:", "if pid <= 1:"),
    ),
    control(
        "numbers of another machine mean nothing",
        CLAIM + "a_holder_of_another_machine_counts_as_alive_until_its_lease_ends",
        ("edges/host.py", "return same_boot(holder) and pid_start", "return pid_start"),
    ),
)

DECISIONS = (
    control(
        "an approval fits the world",
        DECIDE + "a_base_that_moved_under_the_change_is_refused",
        ("flows/decisions.py", "    why_not = why_not or handoff.why_stale(project, offer)\n", ""),
    ),
    control(
        "an approval is of this text",
        DECIDE + "an_issue_whose_text_changed_is_refused",
        ("flows/handoff.py", "    if choose.text_pin(issue) != offer.pin:", "    if False:"),
    ),
    control(
        "an approval is of an open issue",
        DECIDE + "an_issue_that_was_closed_is_refused",
        ("flows/handoff.py", 'if issue is None or issue.state != "open":', "if issue is None:"),
    ),
    control(
        "an approval is of this action",
        DECIDE + "records_that_name_another_action_are_refused[branch]",
        ("flows/decisions.py", "if handoff.action_sha256(offer) == asked.action_sha256 else", "if offer else"),
    ),
    control(
        "a bundle is the recorded one",
        DECIDE + "a_bundle_that_was_changed_is_refused",
        ("edges/workspace.py", "    if files.sha256(content) != sha256:", "    if False:"),
    ),
    control(
        "an answer comes before the deadline",
        DECIDE + "an_answer_after_the_deadline_is_refused_by_the_store_itself",
        ("flows/decisions.py", "append([event], only_if=still_open)", "append([event])"),
    ),
    control(
        "a decision expires no earlier",
        DECIDE + "a_decision_does_not_expire_early",
        ("flows/decisions.py", "        if head.deadline > now:\n            continue\n", ""),
        ("flows/decisions.py", ", only_if=DecisionExpired(decision=head.subject)", ""),
    ),
    control(
        "nobody's answer is a no",
        "flows/test_session.py::test_an_expired_decision_is_noted_by_the_next_session",
        ("flows/recover.py", "    decisions.expire(project, report)\n", ""),
    ),
    control(
        "what was approved is completed",
        DECIDE + "killed_while_it_hands_off_the_next_run_completes_it_once[2-before]",
        ("flows/recover.py", "    decisions.complete_answered(project, report)\n", ""),
    ),
    control(
        "what no longer fits is not completed",
        DECIDE + "what_was_approved_but_no_longer_fits_is_tried_again_not_handed_off",
        ("flows/decisions.py", "    if stale:\n        _requeue", "    if False:\n        _requeue"),
    ),
    control(
        "a handoff in a run fits the world",
        HAND + "a_text_that_changes_during_the_attempt_makes_it_stale",
        ("flows/handoff.py", "    if stale:\n        return Ending", "    if False:\n        return Ending"),
    ),
    control(
        "a handoff is seen to exist",
        HAND + "a_handoff_that_is_not_there_afterwards_is_no_handoff",
        ("flows/handoff.py", '    if state not in ("open", "merged"):', "    if False:"),
    ),
    control(
        "a branch is never overwritten",
        FORGE + "a_branch_is_made_once_and_never_overwritten",
        ("forges/local.py", "        if here is None:", "        if True:"),
        ("forges/local.py", ', head, "0" * len(head), at', ", head, at"),
    ),
    control(
        "a branch in the way is told before the work",
        HAND + "a_branch_of_that_name_is_never_overwritten",
        (
            "flows/survey.py",
            '    if project.forge.handoff_state(branch, "", project.base.commit) == "deleted":',
            "    if True:",
        ),
    ),
    control(
        "a tag is not taken for the branch",
        FORGE + "a_tag_of_the_branchs_name_is_refused",
        ("forges/local.py", '        if self._commit(f"refs/tags/{branch}"):', "        if False:"),
    ),
    control(
        "no object is fetched for a repository",
        "edges/test_git.py::test_a_missing_object_runs_no_program_of_the_repository",
        ("edges/git.py", '    "protocol.allow=never",\n', ""),
        ("edges/git.py", '        "GIT_NO_LAZY_FETCH": "1",\n        "GIT_PROTOCOL_FROM_USER": "0",\n', ""),
    ),
    control(
        "a stop is set whatever else is broken",
        "flows/test_stop_first.py::test_a_stop_holds_whatever_else_is_broken[database]",
        (
            "flows/stop.py",
            "    except PackError as error:\n        return",
            "    except KeyError as error:\n        return",
        ),
    ),
    control(
        "huge files are not read",
        "flows/test_hostile.py::test_a_sparse_file_is_refused_before_it_is_read",
        ("edges/workspace.py", "    _need_small_files(space.work, heed)\n", ""),
    ),
    control(
        "trust is for this git folder",
        "flows/test_hostile.py::test_a_repository_that_points_at_a_trusted_work_tree_is_not_trusted",
        ("flows/trust.py", 'return f"{place.root} {place.git_dir}"', 'return f"{place.root}"'),
    ),
    control(
        "errors do not move the cursor",
        "flows/test_hostile.py::test_an_error_never_moves_the_terminals_cursor",
        (
            "__main__.py",
            'visible(f"autonomy: {redact(says)}\\n  Next: {redact(fix)}\\n")',
            'f"autonomy: {redact(says)}"',
        ),
    ),
    control(
        "no folder too wide is shown",
        "flows/test_hostile.py::test_the_box_never_shows_everything_or_a_home",
        ("sandboxes/launcher.py", " and not is_too_wide(path)", ""),
    ),
    control(
        "records of the main checkout",
        "flows/test_hostile.py::test_records_that_came_with_the_main_checkout_are_refused_from_a_linked_one_too",
        ("flows/project.py", "    owner = place.workspace.parent\n", "    owner = place.root\n"),
    ),
    control(
        "programs need trust where nothing governs",
        "flows/test_hostile.py::test_programs_need_trust_also_where_nothing_governs",
        ("flows/survey.py", "trust.may_run_programs(", "trust.is_trusted("),
    ),
    control(
        "an approval that fails stops no other",
        "flows/test_hostile.py::test_an_approval_that_cannot_be_completed_does_not_stop_the_others",
        ("flows/decisions.py", "with suppress(UsageError, WorldError):", "with suppress(KeyError):"),
    ),
    control(
        "keys stay outside",
        "sandboxes/test_keyring.py::test_keys_of_the_session_stay_outside",
        ("programs/box.py", "        leave_keyring()\n", ""),
    ),
    control(
        "an issue gives the double no orders",
        "agents/test_script.py::test_the_issues_words_are_never_the_script",
        ("agents/script.py", "brief.argv or brief.mission.constraints", "brief.argv or brief.task.fields.values()"),
    ),
)

EXAMINES = (
    control(
        "changes are examined",
        ATTEMPT + "a_secret_is_blocked_by_default",
        (
            "flows/work.py",
            "guard.examine(change, read, rules, heed)",
            '__import__("autonomy_pack.model", fromlist=["x"]).Examination(findings=())',
        ),
    ),
    control(
        "high risk is blocked",
        ATTEMPT + "a_secret_is_blocked_by_default",
        ("flows/work.py", '    if verdict == "block":', "    if False:"),
    ),
    control(
        "medium risk is asked about",
        ATTEMPT + "a_clean_change_passes_and_a_manifest_asks",
        ("flows/work.py", 'if verdict == "ask" or (mission', "if (mission"),
    ),
    control(
        "what requires approval is asked about",
        ATTEMPT + "a_mission_may_require_approval_of_everything",
        ("flows/work.py", "or (mission.requires_approval and not boundary.every_change_was_allowed(job))", ""),
    ),
    control(
        "the tightest rule holds",
        ATTEMPT + "repository_and_mission_may_tighten[ask_from-waiting-config]",
        (
            "flows/work.py",
            "risk.tightest((config.ask_from, config.block_from), (mission.ask_from, mission.block_from))",
            "mission.ask_from, mission.block_from",
        ),
    ),
    control(
        "a guard that breaks has not said fine",
        "guards/test_check.py::test_a_guard_that_cannot_tell_is_a_high_finding",
        ("flows/guard.py", "        found.append(_could_not_tell(name, error))", "        del error"),
    ),
    control(
        "checks are run",
        CHECK + "a_failing_check_makes_no_branch_but_keeps_the_work",
        ("flows/work.py", "results = checks.run(job, change.head)", "results = ()"),
    ),
    control(
        "a failing check decides",
        CHECK + "exit_codes_are_kept_as_they_are",
        ("flows/work.py", "        if not checks.failed(results):", "        if True:"),
    ),
    control(
        "checks work on a copy",
        CHECK + "what_a_check_left_is_no_part_of_the_next_attempt_to_get_it_right",
        ("flows/checks.py", "cwd=str(copy), env", "cwd=str(job.space.work), env"),
    ),
    control(
        "checks get no environment",
        CHECK + "a_check_gets_nothing_of_the_environment_but_the_path",
        ("flows/checks.py", "env=environment(home))", "env=dict(host.environment()))"),
    ),
    control(
        "agents get no environment",
        RECORD + "an_agent_gets_no_secret_of_the_environment",
        ("agents/command.py", "{name: given[name] for name in _PASSED_ON if name in given}", "dict(given)"),
    ),
    control(
        "repair has an end",
        CHECK + "asking_again_has_an_end",
        (
            "flows/work.py",
            "range(job.run.mission.repair + 1):\n        ending = perform(",
            "range(6):\n        ending = perform(",
        ),
    ),
    control(
        "closing needs evidence",
        HAND + "without_evidence_a_handoff_only_refers_and_closes_nothing",
        ("flows/handoff.py", "evidence.closes(weighed) and not", "not"),
    ),
    control(
        "a plan is no code",
        ATTEMPT + "a_topic_that_is_peoples_gets_a_plan[auth]",
        ("flows/work.py", "    if plan.is_wanted(job):", "    if False:"),
    ),
    control(
        "attempts are used up",
        ATTEMPT + "attempts_are_used_up_and_given_back_by_a_reset_or_a_new_text",
        ("policy/standing.py", "if head.attempts >= attempts:", "if False:"),
    ),
    control(
        "steps are limited",
        ATTEMPT + "more_steps_than_the_limit_are_ended",
        ("flows/agent.py", "return self.steps > self._job.run.mission.limits.steps", "return False"),
    ),
    control(
        "minutes are limited",
        ATTEMPT + "more_minutes_than_the_limit_are_ended",
        ("flows/agent.py", "seconds=job.seconds_left,", "seconds=600.0,"),
    ),
    control(
        "silence is limited",
        ATTEMPT + "silence_longer_than_the_limit_is_ended",
        ("flows/agent.py", "stall_seconds=job.run.mission.limits.stall_minutes * 60,", "stall_seconds=None,"),
    ),
    control(
        "issues are limited",
        "flows/test_session.py::test_a_bad_number_of_issues_is_an_error[99]",
        ("flows/session.py", "    if wanted.max_issues not in MAX_ISSUES and", "    if False and"),
    ),
)

SINKS = (
    control(
        "transcripts are redacted",
        RECORD + "a_known_secret_reaches_no_record",
        ("flows/records.py", "key: _redacted(part, self._secrets) for", "key: part for"),
    ),
    control(
        "records are redacted",
        RECORD + "a_secret_in_an_issue_reaches_no_record",
        ("flows/records.py", "json.dumps(_redacted(data, known_secrets()), indent", "json.dumps(data, indent"),
    ),
    control(
        "what is nested too deep to be written is cut",
        RECORD + "what_is_nested_however_deep_is_written_down[700]",
        ("flows/records.py", "    if not levels:\n        return _TOO_DEEP\n", ""),
    ),
    control(
        "a line is a step by the types of all its parts",
        "agents/test_script.py::test_everything_else_is_only_said",
        ("agents/paced.py", "return texts and", "return"),
    ),
    control(
        "summaries are redacted",
        RECORD + "a_secret_in_an_issue_reaches_no_record",
        ("flows/summary.py", "redact(text, records.known_secrets())", "text"),
    ),
    control(
        "bodies are redacted",
        RECORD + "a_secret_in_an_issue_reaches_no_record",
        ("flows/handoff.py", "redact(body, records.known_secrets())", "body"),
    ),
    control(
        "findings are redacted",
        RECORD + "a_known_secret_in_a_change_blocks_it_and_is_not_shown",
        ("flows/work.py", "secrets=records.known_secrets()", "secrets=()"),
    ),
    control(
        "complaints are redacted",
        CHECK + "a_secret_that_a_check_prints_reaches_no_record",
        (
            "flows/checks.py",
            'redact(output[-_TAIL:].decode(errors="replace") or ended.says, known_secrets())',
            "output[-_TAIL:].decode()",
        ),
        ("flows/instructions.py", "text=redact(part.text, secrets), rest=redact(part.rest, secrets)", ""),
    ),
    control(
        "what is printed is redacted",
        RECORD + "what_is_printed_about_a_run_is_redacted",
        ("commands/run.py", "redact(text, records.known_secrets())", "text"),
    ),
    control(
        "foreign words are harmless in a body",
        HAND + "a_handoff_body_shows_foreign_words_but_lets_them_do_nothing",
        ("views/render.py", "    return sanitize(one_line(str(text), limit))", "    return one_line(str(text), limit)"),
    ),
    control(
        "foreign words are harmless in a title",
        HAND + "a_handoff_body_shows_foreign_words_but_lets_them_do_nothing",
        ("policy/names.py", "{sanitize(one_line(task.title, 120))}", "{one_line(task.title, 120)}"),
    ),
    control(
        "foreign words are harmless in a summary",
        "flows/test_summary.py::test_a_hostile_title_does_nothing_in_the_summary",
        ("views/render.py", "    return sanitize(one_line(str(text), limit))", "    return one_line(str(text), limit)"),
    ),
    control(
        "no image is alive",
        DEAD + "['![x](https://evil.example/?q=1)']",
        ("edges/sanitize.py", '        (r"!\\[", "! ["),  # images\n', ""),
    ),
    control(
        "no link to another host is alive",
        DEAD + "['https://github.com.evil.example/']",
        ("edges/sanitize.py", 'if match["ours"] and not closes else', "if True else"),
    ),
    control(
        "no mention is alive",
        DEAD + "['hello @bob']",
        ("edges/sanitize.py", '        (r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9])", "＠"),  # mentions\n', ""),
    ),
    control(
        "no closing word is alive",
        DEAD + "['fi**xes** #1']",
        ("edges/sanitize.py", " or _KEYWORD.search(text.translate(_MARKUP)) is not None", ""),
    ),
    control(
        "what waits outlives its session",
        "flows/test_summary.py::test_old_sessions_go_and_what_still_waits_stays",
        ("flows/summary.py", " and not holds & needed", ""),
    ),
)

ISOLATION = (
    control(
        "no hooks",
        GIT + "a_hook_of_the_repository_never_runs",
        ("edges/git.py", '    "core.hooksPath=/dev/null",\n', ""),
    ),
    control(
        "no file-system monitor",
        GIT + "a_program_in_the_repositorys_configuration_never_runs[core.fsmonitor]",
        ("edges/git.py", '    "core.fsmonitor=false",\n', ""),
    ),
    control(
        "no filters of the repository",
        GIT + "a_filter_of_the_repositorys_configuration_never_runs[tr=ap-clean]",
        ("flows/project.py", ", env=_no_filters(place))", ")"),
    ),
    control(
        "no configuration of the user",
        GIT + "a_filter_of_the_users_own_configuration_never_runs",
        ("edges/git.py", '        "GIT_CONFIG_GLOBAL": "/dev/null",\n', ""),
        ("edges/git.py", '        "HOME": "/nonexistent",\n', '        "HOME": os.environ["HOME"],\n'),
    ),
    control(
        "a repository of its own for each attempt",
        GIT + "a_filter_of_the_repositorys_configuration_never_runs[trap-clean]",
        ("edges/workspace.py", 'git_dir=folder / "attempt.git"', "git_dir=objects_of"),
        ("edges/workspace.py", "    borrow(objects_of, space.git_dir)\n", ""),
    ),
    control(
        "no repositories inside the change",
        "flows/test_misbehaviour.py::test_a_misbehaving_agent_is_judged_by_what_it_left[hides a repository in a folder]",
        ("edges/workspace.py", "    _make_plain(space.work, heed)\n", ""),
    ),
)

DRY_RUNS = (
    control(
        "a dry run has a store of its own",
        DRY + "a_dry_run_writes_nothing_anywhere_in_the_repository[text-fresh]",
        ("flows/rehearse.py", "store=f\"sqlite:///{folder / 'scratch.db'}\"", "store=None"),
    ),
    control(
        "looking makes no store",
        DRY + "looking_at_the_issues_writes_nothing_either",
        ("flows/rehearse.py", "store=own if there else", "store=own if own else"),
    ),
    control(
        "a dry run cleans up",
        DRY + "a_dry_run_writes_nothing_anywhere_in_the_repository[text-fresh]",
        (
            "flows/rehearse.py",
            "        scratch.store.close()\n        files.remove_tree(folder)",
            "        scratch.store.close()",
        ),
    ),
)

SELECT, SELECTED = "flows/actions/test_select_attacks.py::test_row_", "flows/actions/test_select.py::test_"
STRANGE, CHOOSE = "flows/actions/test_select_strangers.py::test_", "policy/choose.py"
TRUSTED, CLAIMING, CHOOSING = "policy/trusted.py", "flows/actions/claiming.py", "flows/actions/choosing.py"

SELECTING = (
    control(
        "every steering label has its own event",
        SELECT + "6_every_steering_label_needs_a_writers_event[mission:fix]",
        (TRUSTED, "in steering(issue.labels):", "in steering(issue.labels)[:1]:"),
    ),
    control(
        "a workflow's labels never count",
        SELECT + "6_a_bots_label_starts_nothing_even_if_it_may_write[github-actions[bot]]",
        (TRUSTED, "if labeling.actor_id == ACTIONS_ID or labeling.actor.casefold() in _ACTIONS:", "if False:"),
    ),
    control(
        "an App's labels count when it is listed",
        SELECT + "6_an_app_that_acts_for_a_person_counts_only_when_it_is_listed",
        (TRUSTED, "if labeling.app and labeling.app not in apps:", "if False:"),
    ),
    control(
        "who labels may write",
        SELECT + "6_a_strangers_label_starts_nothing",
        (
            TRUSTED,
            'if labeling.actor_id <= 0 or permissions.get(str(labeling.actor_id), "none") not in WRITERS:',
            "if 0:",
        ),
    ),
    control(
        "the text is older than the label",
        SELECT + "36_an_edit_after_the_label_needs_a_new_label[body]",
        (TRUSTED, " or _why_edited(issue, labeling)", ""),
    ),
    control(
        "the same second is not older",
        SELECT + "36_an_edit_in_the_same_second_as_the_label_counts_as_after_it",
        (TRUSTED, "unknown=_NEVER) < _time(", "unknown=_NEVER) <= _time("),
    ),
    control(
        "choosing asks for trust",
        "policy/test_trusted.py::test_an_issue_that_is_not_trusted_is_not_eligible_and_says_so",
        ("policy/choose.py", "        _need_trust(issue, facts)\n", ""),
    ),
    control(
        "missing permissions are no trust",
        "policy/test_trusted.py::test_missing_permissions_or_labelings_are_never_trust",
        (
            "policy/choose.py",
            "return issue.labelings is not None or facts.permissions is not None",
            "return facts.permissions is not None",
        ),
    ),
    control(
        "no second pull request",
        "policy/test_trusted.py::test_no_second_pull_request_is_made_for_an_issue",
        ("policy/choose.py", "        _need_no_pull(issue, facts)\n", ""),
    ),
    control(
        "candidates are read again with their events",
        SELECT + "6_an_app_that_acts_for_a_person_counts_only_when_it_is_listed",
        (CLAIMING, "        issue = issue and at.github.with_events(issue)\n", ""),
    ),
    control(
        "permissions are those of now",
        SELECT + "6_somebody_who_lost_write_after_the_look_is_a_stranger",
        (CLAIMING, "permissions=permissions))", 'permissions=at.facts["permissions"]))'),
    ),
    control(
        "what the box says is what the labels say",
        SELECT + "42_what_the_box_says_of_an_issue_must_be_what_its_labels_say[changes0]",
        (CLAIMING, "    if mine != tuple(", "    if not mine and mine != tuple("),
    ),
    control(
        "the box names issues that were read",
        SELECT + "42_a_box_cannot_name_an_issue_twice_or_one_that_was_not_read",
        (CHOOSING, "    if strange or len(ids) != len({*ids}):", "    if not ids:"),
    ),
    control(
        "choices have one closed shape",
        SELECT + "42_choices_of_any_other_shape_are_refused_whole[changes8]",
        ("flows/actions/exchange.py", "    shapes.need(name, data)\n    return data", "    return data"),
    ),
    control(
        "facts, choices and plan can be read in one way",
        SELECT + "42_text_that_can_be_read_in_two_ways_is_not_read[a key twice]",
        ("flows/actions/exchange.py", "data = strict_json(content)", "data = json.loads(content)"),
    ),
    control(
        "no choosing without a box",
        SELECT + "1_without_a_box_nothing_is_chosen",
        (CHOOSING, "    box.need_for_programs()\n", ""),
    ),
    control(
        "choosing has no environment",
        SELECT + "1_choosing_is_a_program_whose_arguments_and_environment_hold_nothing_of_the_job",
        (CHOOSING, 'env={"XDG_CACHE_HOME": work, "HOME": work}', 'env={**__import__("os").environ}'),
    ),
    control(
        "names in a plan have one form",
        SELECT + "12_a_plan_with_any_other_name_in_it_is_refused[main;id-branch]",
        ("flows/actions/exchange.py", "    shapes.need(name, data)\n    return data", "    return data"),
    ),
    control(
        "stop before a claim",
        SELECTED + "a_stop_after_choosing_lets_nothing_be_claimed[file]",
        (CLAIMING, "    at.heed(draft.number)\n    lease = _take(at, key, draft)", "    lease = _take(at, key, draft)"),
        (CLAIMING, "before_write = lambda: at.heed(draft.number)", "before_write = lambda: None"),
    ),
    control(
        "a claim that cannot be used is given back",
        SELECTED + "without_permission_to_label_the_lease_is_given_back_and_the_scope_named",
        (CLAIMING, "        at.store.release(lease, events=unspent)\n", ""),
    ),
    control(
        "a stranger's issue runs alone",
        SELECTED + "an_issue_of_somebody_without_write_runs_alone",
        (CLAIMING, "    if alone and at.legs:", "    if False:"),
    ),
    control(
        "nothing runs beside a stranger's issue",
        SELECTED + "nothing_joins_a_leg_that_runs_alone",
        (CLAIMING, "return 0 if alone else max(", "return max("),
    ),
    control(
        "label events are read before a claim from a checkout too",
        "flows/test_survey_github.py::test_only_labels_of_people_who_may_write_count_and_apps_are_seen_too",
        ("flows/survey.py", "yield _again(project, read[choice.id], choice, facts)", "yield choice"),
    ),
    control(
        "a stranger's pull request stops nothing",
        STRANGE + "a_strangers_pull_request_stops_no_issue_whatever_it_says[Fixes #{0}, fixes #{1}]",
        (CHOOSE, "_is_for(pull, issue) and _is_by_a_writer(pull, facts):", "_is_for(pull, issue):"),
    ),
    control(
        "a mention stops nothing",
        STRANGE + "a_pull_request_of_this_repository_stops_only_the_issue_that_it_would_close",
        (CHOOSE, "_is_for(pull, issue) and _is_by_a_writer(pull, facts):", "_is_by_a_writer(pull, facts):"),
    ),
    control(
        "a closed pull request waits for a new label",
        "policy/test_trusted.py::test_after_its_pull_request_was_closed_an_issue_waits_for_a_new_label",
        (CHOOSE, "    if closed and not _is_asked_anew(issue, closed):", "    if False:"),
    ),
    control(
        "a closed pull request is asked for by its branch",
        STRANGE + "a_closed_pull_request_is_found_behind_any_number_of_mentions",
        (CLAIMING, "    if closed:\n", "    if False:\n"),
    ),
    control(
        "claims of one labelling have an end",
        STRANGE + "one_labelling_is_claimed_three_times_for_each_attempt_whatever_comes_of_it",
        (CLAIMING, "    return policy.why_no_claims_left(lease.fence, at.judged_by.config)\n", '    return ""\n'),
    ),
    control(
        "runs of one labelling have an end",
        "policy/test_trusted.py::test_one_labelling_is_claimed_so_often_whatever_the_outcomes[6-2-True]",
        (CHOOSE, "        _need_claims_left(facts.heads.get(task.id), task, facts)\n", ""),
    ),
    control(
        "a branch in the way is told before a claim",
        STRANGE + "a_branch_in_the_way_of_ours_is_told_before_anything_is_claimed",
        (CLAIMING, " or _why_no_branch(at, draft.branch)", ""),
    ),
    control(
        "renames cost no request",
        "edges/github/test_github_issues.py::test_renames_without_end_cost_no_request",
        ("edges/github/issues.py", "            if renames or {one", "            if {one"),
    ),
    control(
        "issues that nobody prioritised cost no request",
        "edges/github/test_github_issues.py::test_an_issue_without_a_priority_label_costs_no_request_of_its_own",
        ("edges/github/issues.py", "for _ in range(_DEEP if deep else 0):", "for _ in range(_DEEP):"),
    ),
    control(
        "what was left behind is no more than was asked for",
        STRANGE + "what_was_left_behind_takes_no_more_legs_than_were_asked_for",
        (CLAIMING, "    if not at.room or any(", "    if any("),
    ),
    control(
        "an issue is completed once in a run",
        STRANGE + "what_was_left_behind_takes_no_more_legs_than_were_asked_for",
        (CLAIMING, "    if not at.room or any(one.number == issue for one in at.legs):", "    if not at.room:"),
    ),
    control(
        "completing has an end",
        STRANGE + "completing_what_was_pushed_ends_too",
        (CLAIMING, "    if lease.fence >= _COMPLETIONS", "    if lease.fence >= 10**9 * _COMPLETIONS"),
    ),
    control(
        "one lease's trouble is its own",
        STRANGE + "the_trouble_of_one_lease_is_nobody_elses",
        (
            CLAIMING,
            "            why = _complete(at, lease, issue)\n        except Stopped:\n            raise\n        except PackError",
            "            why = _complete(at, lease, issue)\n        except Stopped:\n            raise\n        except KeyError",
        ),
    ),
    control(
        "a run of which nothing is known stops its issue alone",
        STRANGE + "a_lease_of_which_nothing_can_be_known_stops_only_its_own_issue",
        ("flows/actions/held.py", "        except Refused:", "        except KeyError:"),
    ),
    control(
        "what was handed off is not completed again",
        SELECTED + "a_change_that_was_handed_off_since_is_not_completed_again",
        (
            "flows/actions/held.py",
            "if kept and not _is_done(store, lease, kept.leg.attempt) else None",
            "if kept else None",
        ),
    ),
)

REMOTES = (
    control(
        "a token follows no redirect",
        REMOTE + "the_token_goes_in_a_header_to_its_own_host_only_and_follows_no_redirect",
        ("edges/remote.py", '        "http.followRedirects": "false",\n', ""),
    ),
    control(
        "a token is never sent in the clear",
        REMOTE + "an_address_that_cannot_be_used_safely_is_refused",
        (
            "edges/remote.py",
            'if parts.scheme == "http" and parts.hostname not in',
            "if False and parts.hostname not in",
        ),
    ),
    control(
        "no password in a remote's address",
        REMOTE + "an_address_that_cannot_be_used_safely_is_refused",
        ("edges/remote.py", 'if "@" in parts.netloc:', "if False:"),
    ),
    control(
        "only addresses of three kinds reach git",
        REMOTE + "an_address_that_cannot_be_used_safely_is_refused",
        ("edges/remote.py", 'if parts.scheme not in ("https", "http", "file") or', "if"),
    ),
    control(
        "only refs reach git",
        REMOTE + "what_is_no_ref_never_reaches_git",
        ("edges/remote.py", 'if not form.fullmatch(word) or ".." in word:', "if False:"),
    ),
    control(
        "no message of git's holds the token",
        REMOTE + "no_message_holds_the_token",
        ("edges/remote.py", "return redact(said.decode", "return str(said.decode"),
        ("edges/remote.py", ", [self._token, _basic(self._token)] if self._token else [])", ")"),
    ),
    control(
        "all refs of a push move or none",
        REMOTE + "moves_are_made_together_or_not_at_all",
        ("edges/remote.py", '"--atomic", ', ""),
    ),
    control(
        "a push compares each ref",
        REMOTE + "a_ref_that_is_not_where_it_was_is_left_alone",
        ("edges/remote.py", "        words.append(f\"--force-with-lease={ref}:{'' if old == ZERO else old}\")\n", ""),
    ),
    control(
        "a push whose answer was lost is looked for",
        REFS + "a_push_whose_answer_is_lost_and_after_which_others_went_on_was_made",
        ("edges/remote.py", "(lost and self._leads_to(move.new, tip))", "False"),
    ),
)

REFS_OF_OTHERS = (
    control(
        "nobody is asked about a lease that cannot be read",
        REFS + "a_lease_that_cannot_be_read_is_held_by_nobody_s_leave",
        ("store/gitrefs.py", "return other != states.UNREADABLE and dead(other)", "return dead(other)"),
    ),
    control(
        "a lease that cannot be read is held",
        REFS + "a_lease_that_cannot_be_read_is_held_by_nobody_s_leave",
        ("store/projection.py", "        if key is None:\n", "        if key is None or state is None:\n"),
    ),
    control(
        "a lease's ref speaks of its own key only",
        REFS + "a_lease_that_cannot_be_read_is_held_by_nobody_s_leave",
        ("store/states.py", "return state if ref_of(state.lease.key) == ref else None", "return state"),
    ),
    control(
        "a lease never goes back",
        REFS + "a_lease_whose_fence_falls_or_whose_holder_changes_under_one_fence_is_held_until_it_is_put_back",
        (
            "store/projection.py",
            "if state is None or (before and _goes_back(before, state.lease)):",
            "if state is None:",
        ),
    ),
    control(
        "what has two readings is not read",
        REFS + "a_lease_that_cannot_be_read_is_held_by_nobody_s_leave",
        ("store/public.py", "object_pairs_hook=_once, ", ""),
    ),
    control(
        "events follow each other",
        REFS + "rewritten_events_are_unknown_and_block",
        ("store/projection.py", "if note.parents != ((before,) if before else ()):", "if False:"),
    ),
    control(
        "events never go back",
        REFS + "rewritten_events_are_unknown_and_block",
        ("store/projection.py", "if before != tip:", "if False:"),
    ),
    control(
        "events of others keep to the schema",
        REFS + "events_that_cannot_be_read_block_and_name_their_commit",
        ("store/lines.py", "    data = public.parsed(line)\n    _check(data)\n", "    data = public.parsed(line)\n"),
    ),
    control(
        "an event under a lease meets a takeover",
        REFS + "an_event_under_a_lease_moves_the_lease_too_so_that_a_takeover_meets_it",
        ("store/gitrefs.py", "if lease else []", "if not lease else []"),
    ),
    control(
        "claims of paths meet",
        REFS + "a_claim_of_paths_moves_a_ref_that_every_claim_of_paths_moves",
        ("store/gitrefs.py", "guards = [states.PATHS] if any(", "guards = [states.PATHS] if False and any("),
    ),
    control(
        "a claim meets what its condition was read from",
        REFS + "a_claim_under_a_condition_moves_the_events_that_the_condition_was_read_from",
        ("store/gitrefs.py", "        guards += [lines.EVENTS] if only_if is not None else []\n", ""),
    ),
    control(
        "no secret in a pushed event",
        REFS + "nothing_secret_is_pushed",
        ("store/lines.py", "public.without_secrets(dict(event.data))", "dict(event.data)"),
    ),
    control(
        "no secret in a pushed lease",
        REFS + "nothing_secret_is_pushed",
        ("store/states.py", "public.without_secrets(state.said)", "dict(state.said)"),
    ),
    control(
        "no machine's name in a pushed lease",
        REFS + "nothing_secret_is_pushed",
        ("store/states.py", "rows.holder_text(hidden(lease.holder))", "rows.holder_text(lease.holder)"),
    ),
    control(
        "no machine's name in a pushed event",
        REFS + "nothing_secret_is_pushed",
        ("store/lines.py", 'f"{public.hashed(host)}:{pid}"', 'f"{host}:{pid}"'),
    ),
    control(
        "gc leaves what is held",
        "flows/test_gc.py::test_leases_of_tasks_that_are_long_over_go_and_all_others_stay",
        ("flows/gc.py", "        if lease.holder is not None:\n", "        if False:\n"),
    ),
    control(
        "gc leaves what is young",
        "flows/test_gc.py::test_leases_of_tasks_that_are_long_over_go_and_all_others_stay",
        ("flows/gc.py", 'return "" if newest < self._before else', 'return "" if newest else'),
    ),
    control(
        "gc leaves what a question is open about",
        "flows/test_gc.py::test_changes_go_when_their_run_and_their_question_are_over",
        ("flows/gc.py", 'if any(one.status == "pending" for one in decisions):', "if False:"),
    ),
    control(
        "a dry run of gc removes nothing",
        "flows/test_gc.py::test_a_dry_run_writes_nothing",
        ("flows/gc.py", "set(old) if dry_run else _removed(store, old)", "_removed(store, old)"),
    ),
)

API = "edges/github/test_github_"
WIRE, CALLS, FAILED = "edges/github/wire.py", "edges/github/calls.py", "edges/github/failures.py"
HUB = "forges/test_github.py::test_"

GITHUB = (
    control(
        "a lost write is looked for before it is sent again",
        API + "writes.py::test_a_write_whose_answer_is_lost_ends_as_if_it_were_not[die_after-comment]",
        ("edges/github/patience.py", "done = look() if patience.lost and look else None", "done = None"),
    ),
    control(
        "a redirect is not followed with the token",
        API + "hosts.py::test_a_redirect_elsewhere_is_not_followed[302]",
        (WIRE, "allow_redirects=False,", "allow_redirects=True,"),
    ),
    control(
        "PyGithub sees nothing it would act on",
        API + "hosts.py::test_a_server_that_says_wait_is_not_asked_by_anybody_but_us",
        (WIRE, "    status = 200\n", "    @property\n    def status(self) -> int:\n        return self.reply.status\n"),
    ),
    control(
        "a token is sent over https only",
        API + "failures.py::test_a_token_goes_to_no_address_that_everybody_can_read_along[ftp://127.0.0.1]",
        (
            "edges/github/client.py",
            'if parts.scheme != "https" and (parts.scheme, parts.hostname) not in _LOOPBACK:',
            "if 0:",
        ),
    ),
    control(
        "the last requests of the hour are left to people",
        API + "failures.py::test_below_the_reserve_writes_and_choosing_are_refused_and_stopping_is_not",
        (CALLS, '        if not urgent:\n            self._spare("core")\n', ""),
    ),
    control(
        "half an answer of GraphQL is none",
        API + "failures.py::test_half_an_answer_of_graphql_is_none",
        (FAILED, 'raise Lost("GraphQL could not finish the query")', "continue"),
        (CALLS, 'if wrong or told.get("data") is None:', 'if told.get("data") is None:'),
    ),
    control(
        "GitHub's words are redacted",
        API + "patience.py::test_words_of_the_answer_are_shown_without_secrets_and_escapes",
        (FAILED, "return one_line(redact(said), 300)", "return one_line(said, 300)"),
    ),
    control(
        "an artifact has at most so many bytes",
        API + "runs.py::test_artifacts_are_listed_and_fetched_as_they_are",
        (WIRE, "        if size > limit:\n", "        if size > LIMIT:\n"),
        (CALLS, "if len(reply.body) > limit:", "if False:"),
    ),
    control(
        "a permission belongs to an account, not to its name",
        API + "issues.py::test_permissions_belong_to_accounts_not_to_names",
        ("edges/github/people.py", "if actor_id and account == actor_id else", "if actor_id else"),
    ),
    control(
        "half a policy is none",
        API + "issues.py::test_a_policy_that_cannot_be_read_whole_is_none",
        ("edges/github/looking.py", 'or blob["isTruncated"] or blob["isBinary"]', ""),
        ("edges/github/looking.py", 'blob.get("text") is None', "False"),
    ),
    control(
        "only a pull request at our commit is ours",
        API + "writes.py::test_a_pull_request_at_another_commit_is_left_alone",
        ("edges/github/pulls.py", "if found[-1].head != offer.head:", "if False:"),
    ),
    control(
        "only a pull request of this repository is ours",
        API + "writes.py::test_a_pull_request_of_the_owners_other_copy_is_not_ours_either",
        ("edges/github/pulls.py", " and one.same_repository]", "]"),
    ),
    control(
        "branch and lease move together",
        HUB + "a_stale_fence_refuses_the_branch_too",
        ("forges/github.py", "new=offer.head), *fence]", "new=offer.head)]"),
    ),
    control(
        "a pushed branch is read back",
        HUB + "a_branch_that_is_not_what_was_pushed_gets_no_pull_request",
        ("forges/github.py", "if tip != offer.head:", "if False:"),
        ("edges/github/pulls.py", "if found[-1].head != offer.head:", "if False:"),
    ),
    control(
        "a branch of somebody else's is left alone",
        HUB + "a_branch_with_another_commit_is_never_overwritten",
        ("forges/github.py", "if here not in (wanted[0].old, wanted[0].new):", "if False:"),
    ),
)

GATE = "flows/actions/test_gate.py::test_"
GATES = (
    control(
        "checks again are of the commit that is judged",
        GATE + "results_of_another_head_fail",
        ("flows/actions/gate.py", "if not says and (seen.head, seen.base) != (pull.head, base):", "if False:"),
    ),
    control(
        "checks again are the base's",
        GATE + "checks_are_those_of_the_base_never_of_the_change",
        ("flows/actions/recheck.py", "checks_of(git_dir, base, mission)", "checks_of(git_dir, head, mission)"),
    ),
    control(
        "every configured check was run again",
        GATE + "forged_results_without_the_configured_check_fail",
        (
            "flows/actions/gate.py",
            "if result is None or result.argv != check.argv:",
            "if result is None:\n            continue\n        if False:",
        ),
    ),
    control(
        "the gate's guards are run",
        GATE + "a_planted_secret_fails_and_is_never_shown",
        (
            "flows/actions/gate.py",
            "guards = judged(remote.git_dir, base, pull.head, look.head, box)",
            "guards = Judged(findings=(), skipped=())",
        ),
    ),
    control(
        "the gate's guards are run in a box",
        GATE + "without_a_box_nothing_is_judged",
        ("flows/actions/judged.py", "    scan.need_walls(box)\n", ""),
    ),
    control(
        "what a guard breaks on is not clean",
        GATE + "a_base_that_is_not_there_fails",
        (
            "flows/actions/gate.py",
            'says = [f"the checks were not run again: {seen.why}"] if seen.why else []',
            "says = [] if seen.why else []\n    if seen.why:\n        return []",
        ),
    ),
    control(
        "forks get no write",
        GATE + "a_pull_request_from_a_fork_gets_no_write",
        ("flows/actions/gate.py", "    if pull.same_repository:\n        _say", "    if True:\n        _say"),
    ),
    control(
        "a stranger's comment is not adopted",
        GATE + "a_strangers_comment_with_our_mark_is_not_taken_for_ours",
        (
            "flows/actions/comments.py",
            "one.author == author and one.body.startswith(marker)",
            "one.body.startswith(marker)",
        ),
    ),
    control(
        "what claims to be agent work is judged",
        "policy/test_agent_pull.py::test_a_person_who_claims_nothing_is_no_agent",
        ("policy/agent_pull.py", "        or any(section.casefold() in body for section in SECTIONS)\n", ""),
    ),
    control(
        "closing needs evidence at the gate too",
        "policy/test_agent_pull.py::test_the_body_closes_only_its_own_issue_and_only_with_evidence",
        ("policy/agent_pull.py", "if issue in closing(pull.body) and not may_close:", "if False:"),
    ),
    control(
        "only the default branch prepares the gate's checks",
        GATE + "results_that_the_set_up_of_another_branch_prepared_are_refused",
        ("flows/actions/gate.py", "    _need_rules(remote, seen, look)\n", ""),
    ),
    control(
        "work of an agent goes into the default branch",
        GATE + "a_handoff_into_another_branch_fails_with_a_sentence",
        ("flows/actions/gate.py", "    _need_target(pull, look)\n", ""),
    ),
    control(
        "our trailers are a claim",
        GATE + "commits_with_our_trailers_are_judged_whatever_the_branch[last]",
        (
            "flows/actions/gate.py",
            "if agent_pull.claims(pull, history.ours(remote.git_dir, pull.head, known)):",
            "if False:",
        ),
    ),
    control(
        "a person's label is no claim",
        GATE + "a_label_that_a_person_put_on_is_no_claim_and_fails_nobodys_work[agent:handoff]",
        (
            "flows/actions/gate.py",
            "agent_pull.is_labelled(pull) and _labelled_by_us(github, pull)",
            "agent_pull.is_labelled(pull)",
        ),
    ),
)

ANSWER = "flows/actions/test_decide.py::test_"
ANSWERS = (
    control(
        "an answer has one form",
        "policy/test_answers.py::test_anything_else_is_talk",
        ("policy/answers.py", "_FORM.fullmatch(first)", "_FORM.search(text)"),
    ),
    control(
        "strangers get no answer",
        ANSWER + "row_20_a_stranger_is_passed_by_in_silence",
        (
            "flows/actions/heard.py",
            "if said is None or github.permission_of(there.author_id, there.author) not in answers.WRITERS:",
            "if said is None:",
        ),
    ),
    control(
        "a label of somebody without write is no answer",
        ANSWER + "the_label_of_somebody_with_triage_is_no_answer",
        (
            "flows/actions/heard.py",
            "if github.permission_of(one.actor_id, one.actor) not in answers.WRITERS:",
            "if False:",
        ),
    ),
    control(
        "an edited comment is no answer",
        ANSWER + "an_edited_comment_does_not_count",
        ("flows/actions/heard.py", "or there.edited ", ""),
    ),
    control(
        "an answer is about its own issue",
        ANSWER + "a_decision_is_answered_at_its_own_issue_only",
        ("flows/actions/decide.py", " or names.issue_of_run(told[0].run) != here.said.issue:", ":"),
    ),
    control(
        "an approval is of what was asked about",
        ANSWER + "an_approval_cannot_be_used_for_another_head",
        ("flows/actions/decide.py", "        _need_pending(here, asked)\n", "        pass\n"),
    ),
    control(
        "nothing is approved under a stop on GitHub",
        ANSWER + "under_a_stop_nothing_is_approved",
        (
            "flows/actions/decide.py",
            'return "" if said.verb == "stop" else one_line(github.stop_words(loop, said.issue, now=True))',
            'return ""',
        ),
    ),
    control(
        "the first of two answers wins",
        ANSWER + "a_second_answer_changes_nothing",
        ("flows/actions/decide.py", 'if before is None or before.data["option"] != option:', "if before is None:"),
    ),
    control(
        "no answer is stored under a stop",
        ANSWER + "a_stop_while_the_answer_is_read_lets_no_decision_be_stored",
        ("flows/actions/decide.py", "    here.heed()\n    still_open", "    still_open"),
    ),
    control(
        "a retry asks before each of its writes",
        ANSWER + "a_stop_during_a_retry_lets_only_the_write_in_flight_land",
        ("flows/actions/decide.py", "    here.heed()\n    if lease:", "    if lease:"),
    ),
    control(
        "no comment is recorded under a stop",
        ANSWER + "our_comment_is_not_recorded_under_a_stop",
        (
            "flows/actions/comments.py",
            "    github.calls.before_write()\n    store.append([Event",
            "    store.append([Event",
        ),
    ),
    control(
        "a stranger's comment reads no store",
        ANSWER + "a_strangers_comment_costs_two_requests_and_no_git[status]",
        (
            "flows/actions/decide.py",
            "    said = heard.heard(github, workflow_run)\n",
            "    store(), box()\n    said = heard.heard(github, workflow_run)\n",
        ),
    ),
    control(
        "a retry is of a label event without a pull request",
        ANSWER + "retry_after_a_pull_request_of_this_label_event_says_what_to_do_and_stores_nothing[closed]",
        ("flows/actions/decide.py", "    if over:\n", "    if False:\n"),
    ),
)

PUBLISH, FORGED, LEG = (f"flows/actions/test_{name}.py::test_" for name in ("publish", "forged", "leg"))
MOVED, WAITED, CUT = (f"flows/actions/test_{name}.py::test_" for name in ("moved_base", "pending", "converge"))
STALE = PUBLISH + "whatever_moved_since_the_plan_ends_the_attempt_as_stale"
ZIP, SCAN = "edges/test_artifact.py::test_", "programs/test_scan.py::test_"
ADMIT, GROUNDS = "flows/actions/admit.py", "flows/actions/grounds.py"
SAID, RESUMING = "flows/actions/test_forged_said.py::test_", "flows/actions/resuming.py"
UNFIT = SAID + "what_does_not_fit_is_as_if_nothing_had_been_said"

AT_ONCE = "flows/actions/test_at_once.py::test_"

PUBLISHING = (
    control(
        "what a lease points at is admitted again",
        SAID + "what_changed_after_the_push_opens_no_pull_request_and_ends[who labelled lost write]",
        (ADMIT, "    _need_trust(github, issue, look.files)\n", ""),
    ),
    control(
        "what a lease points at is judged again",
        SAID + "a_commit_of_our_shape_with_an_evil_tree_is_judged_before_it_goes_on",
        (
            "flows/actions/publish.py",
            '    if judged.verdict == "block":\n        return ending.broken_off',
            "    if False:\n        return ending.broken_off",
        ),
    ),
    control(
        "what has to be asked about needs a yes that can be read again",
        SAID + "a_change_that_has_to_be_asked_about_goes_nowhere_without_a_yes",
        ("flows/actions/publish.py", "not resuming.is_agreed(case, kept)", "False"),
    ),
    control(
        "the checks ran on the change that was pushed",
        SAID + "the_commit_that_the_checks_ran_on_cannot_be_another_one",
        ("flows/actions/offers.py", "if _as_made(case, asked, base) != result.head:", "if False:"),
    ),
    control(
        "what a lease says has our shape, or it says nothing",
        UNFIT + "[a level that does not exist]",
        ("flows/actions/said.py", '        shapes.need("said", data)\n', ""),
    ),
    control(
        "a lease speaks of its own task only",
        UNFIT + "[another branch]",
        ("flows/actions/said.py", '    if not _is_of(key, leg, data["run"]):\n        return None\n', ""),
    ),
    control(
        "what a lease says has room in it",
        SAID + "what_a_lease_says_never_is_too_long_for_it",
        ("flows/actions/said.py", "if len(json.dumps(data, ensure_ascii=True)) > LARGEST:", "if False:"),
    ),
    control(
        "one pull request for one issue",
        SAID + "no_second_pull_request_for_an_issue_that_has_one",
        (ADMIT, "    _need_one_pull(github, issue, leg)\n", ""),
    ),
    control(
        "a state that cannot be written again is unreadable",
        "store/test_states.py::test_a_state_that_is_no_state_is_unreadable_and_no_crash[nested so that only reading works]",
        ("store/states.py", "        _need_plain(data)\n", ""),
    ),
    control(
        "no write of publish under a stop",
        PUBLISH + "after_a_stop_that_came_in_the_middle_no_write_follows_and_the_rest_is_done_later",
        ("flows/actions/publish.py", "    here.github.calls.before_write = lambda: here.heed(leg.number)\n", ""),
        ("flows/actions/ending.py", "    case.means.heed(case.leg.number)\n", ""),
    ),
    control(
        "nothing of a leg begins under a stop",
        PUBLISH + "under_a_stop_nothing_is_written_at_all[_stop_file]",
        ("flows/actions/publish.py", "        here.heed(leg.number)\n        return _worked", "        return _worked"),
        ("flows/actions/publish.py", "    here.github.calls.before_write = lambda: here.heed(leg.number)\n", ""),
        (ADMIT, "    means.heed(leg.number)\n", ""),
        ("flows/actions/delivery.py", "    means.heed(case.leg.number)\n", ""),
    ),
    control(
        "the issue must still be open",
        STALE + "[the issue is closed]",
        (GROUNDS, 'if issue.state != "open":', "if False:"),
    ),
    control(
        "the label must be by the same event",
        STALE + "[the label was set anew]",
        (GROUNDS, "    if not any(one.event == leg.event", "    if False and not any(one.event == leg.event"),
    ),
    control(
        "who labelled must still be allowed to",
        STALE + "[who labelled it may not write any more]",
        (ADMIT, "    _need_trust(github, issue, look.files)\n", ""),
    ),
    control(
        "the text must be the one that was agreed to",
        STALE + "[the body changed]",
        (ADMIT, "    grounds.need_text(issue, leg)\n", ""),
        (ADMIT, "    _need_trust(github, issue, look.files)\n", ""),
    ),
    control(
        "the base must be in the default branch",
        STALE + "[the base is gone from the default branch]",
        (ADMIT, "if not github.is_ancestor(leg.base, look.head):", "if False:"),
    ),
    control(
        "what governs must not have changed",
        STALE + "[what governs changed]",
        (ADMIT, "    _need_policy(leg, look)\n", ""),
    ),
    control(
        "a branch that is there is left alone",
        STALE + "[a branch of that name is there]",
        ("flows/actions/publish.py", "        _need_place(case)\n", ""),
    ),
    control(
        "exactly one artifact of the name",
        PUBLISH + "an_artifact_that_is_not_what_a_run_job_writes_is_refused[_twice]",
        ("flows/actions/fetched.py", "if len(found) > 1:", "if False:"),
    ),
    control(
        "an artifact is of its own attempt",
        PUBLISH + "an_artifact_that_is_not_what_a_run_job_writes_is_refused[_other_attempt]",
        (
            "flows/actions/claims.py",
            "if (result.issue, result.event, result.attempt, result.base) != (leg.issue, leg.event, leg.attempt, leg.base):",
            "if False:",
        ),
    ),
    control(
        "the bundle is the one that was named",
        PUBLISH + "an_artifact_that_is_not_what_a_run_job_writes_is_refused[_other_bundle]",
        (
            "flows/actions/fetched.py",
            "if result.bundle_sha256 and files.sha256(bundle) != result.bundle_sha256:",
            "if False:",
        ),
    ),
    control(
        "no box, no publish",
        PUBLISH + "without_a_box_nothing_is_published_and_the_fix_is_told",
        ("flows/actions/scan.py", "    need_walls(box)\n", ""),
    ),
    control(
        "walls alone are no box to publish from",
        "programs/test_scan.py::test_without_a_box_of_namespaces_nothing_is_scanned[L1]",
        ("flows/actions/scan.py", 'if box.level != "L2":', 'if box.level in ("none", "L0"):'),
    ),
    control(
        "a lease that was lost publishes nothing",
        PUBLISH + "a_lease_that_somebody_took_over_publishes_nothing",
        ("flows/actions/means.py", "lease.fence != leg.attempt or not _is_ours(holder, means.workflow_run)", "False"),
    ),
    control(
        "a forged tree is judged before it is pushed",
        FORGED + "a_forged_tree_gets_no_branch[a workflow]",
        (
            "flows/actions/publish.py",
            '    if judged.verdict == "block":\n        blocked = End(',
            "    if False:\n        blocked = End(",
        ),
    ),
    control(
        "the commit is byte for byte ours",
        FORGED + "words_of_its_own_in_the_commit_message_are_refused",
        ("programs/scan.py", "    packs.need_ours(git_dir,", "    (lambda *_, **__: None)(git_dir,"),
    ),
    control(
        "what a check runs is our word",
        FORGED + "what_a_check_runs_is_our_word_and_a_check_we_do_not_want_is_not_told",
        (
            "flows/actions/offers.py",
            'dataclasses.replace(said[check.name], argv=check.argv, tail="")',
            "said[check.name]",
        ),
    ),
    control(
        "a base that moved under the change is stale",
        MOVED + "a_base_that_moved_under_the_change_is_stale_and_nothing_is_pushed",
        ("edges/remake.py", "    _need_unmoved(git_dir, files, base, onto)\n", ""),
    ),
    control(
        "what waits is the commit that was asked about",
        WAITED + "another_commit_in_the_place_of_the_kept_one_is_refused",
        (
            RESUMING,
            "if kept.claimed.head != kept.pushed or remote.tips(ref).get(ref) != kept.pushed:",
            "if False:",
        ),
        (
            "flows/actions/pending.py",
            "    if remote.tips(ref).get(ref) != kept.pushed:\n        return",
            "    if False:\n        return",
        ),
    ),
    control(
        "a comment is recorded before it says anything",
        CUT + "a_runner_that_dies_after_any_write_is_made_good_by_the_next_session[the commit of events]",
        (
            "flows/actions/comments.py",
            "    store.append([Event(kind",
            "    if not there:\n        return made\n    store.append([Event(kind",
        ),
        ("flows/actions/comments.py", "there = _same(github, issue, FIRST)\n", "there = None\n"),
    ),
    control(
        "of several comments one stays",
        AT_ONCE + "of_two_first_comments_the_one_that_was_recorded_first_stays",
        ("flows/actions/comments.py", "        github.delete_comment(made.id)\n", "        pass\n"),
    ),
    control(
        "what was handed off since the look is not claimed again",
        AT_ONCE + "what_was_handed_off_after_it_was_read_is_not_claimed_again",
        (CLAIMING, "    if taken and _finished_meanwhile(at, key):", "    if False:"),
    ),
    control(
        "who lost its lease says nothing more",
        AT_ONCE + "whose_lease_was_taken_over_says_nothing_of_the_handoff_of_another",
        ("flows/actions/publish.py", "    if there or tip:\n        _need_alone(case)\n", ""),
    ),
    control(
        "no secret of the machine in an artifact",
        LEG + "what_an_agent_writes_of_a_secret_of_this_machine_leaves_in_none_of_the_files",
        ("flows/actions/leg.py", "    if desk.secret:\n", "    if False:\n"),
    ),
    control(
        "no agent under a stop on GitHub",
        LEG + "no_agent_is_started_under_a_stop[_label]",
        ("flows/actions/leg.py", "            if watch.said:\n", "            if False:\n"),
        ("flows/actions/leg.py", "stopped=lambda: watch.said", 'stopped=lambda: ""'),
    ),
    control(
        "an agent at work hears of a stop on GitHub",
        LEG + "an_agent_at_work_is_ended_by_a_stop_and_what_it_did_is_kept",
        ("flows/actions/leg.py", "stopped=lambda: watch.said", 'stopped=lambda: ""'),
    ),
    control(
        "an issue that changed gets no agent",
        LEG + "an_issue_that_is_not_the_one_that_was_planned_is_stale[_edit]",
        ("flows/actions/leg.py", "            grounds.need_text(issue, self.leg)\n", ""),
    ),
    control(
        "entries of a zip lie one behind the other",
        ZIP + "any_other_zip_is_refused[an entry nobody lists]",
        ("edges/artifact.py", "        if entry.at != end:", "        if False:"),
    ),
    control(
        "no link in a zip",
        ZIP + "any_other_zip_is_refused[a link]",
        ("edges/artifact.py", "if kind not in (0, 8) or outside & 0x10:", "if False:"),
    ),
    control(
        "no bomb in a zip",
        ZIP + "any_other_zip_is_refused[a bomb]",
        ("edges/artifact.py", "    _need_sizes(entries, len(content))\n", ""),
    ),
    control(
        "no key twice in JSON",
        ZIP + "json_that_could_be_read_in_two_ways_is_refused",
        ("edges/artifact.py", "object_pairs_hook=_once, ", ""),
    ),
    control(
        "the scan's verdict is a plain file",
        SCAN + "a_verdict_that_is_not_ours_is_not_read[link]",
        ("flows/actions/scan.py", "os.O_NOFOLLOW | ", ""),
    ),
    control(
        "only what was judged comes out of the scan",
        SCAN + "objects_that_are_no_part_of_the_change_do_not_come_out",
        (
            "programs/scan.py",
            'packs.made_of(git_dir, request["parent"], change.head)',
            'packs.of_bundle((folder / "attempt.bundle").read_bytes())',
        ),
    ),
)

JOB, LOG = "edges/test_actions.py::test_", "edges/test_runner_log.py::test_"
STEP, ASKED = "commands/test_action.py::test_", "commands/test_step_inputs.py::test_"
SET_UP = "flows/actions/test_setting_up.py::test_"

WORKFLOWS = (
    control(
        "a command with ## in a log is dead",
        LOG + "a_command_in_the_text_is_no_command_in_the_log[3]",
        ("edges/runner_log.py", '.replace("##[", "＃＃[")', ""),
    ),
    control(
        "a command with :: in a log is dead",
        LOG + "a_command_in_the_text_is_no_command_in_the_log[1]",
        ("edges/runner_log.py", '_COMMAND.sub(r"\\1：", visible(text))', "visible(text)"),
    ),
    control(
        "all that a step prints is calmed",
        STEP + "what_the_projects_set_up_prints_is_no_command_to_the_runner",
        ("commands/told.py", "    runner_log.calm_output()\n", ""),
    ),
    control(
        "what went wrong is harmless in a summary",
        STEP + "what_went_wrong_cannot_speak_to_the_runner_or_to_readers",
        ("commands/told.py", "{sanitize(error.says)}", "{error.says}"),
    ),
    control(
        "names of outputs are names",
        JOB + "a_name_that_is_no_name_is_refused[a<<EOF]",
        ("edges/actions.py", "    if not _NAME.fullmatch(name):", "    if not name:"),
    ),
    control(
        "a value cannot end its own entry",
        JOB + "a_value_that_holds_its_delimiter_is_refused",
        ("edges/actions.py", "    if delimiter in value or delimiter in name:", "    if delimiter in name:"),
    ),
    control(
        "delimiters are random",
        JOB + "delimiters_are_never_the_same_twice",
        ("edges/actions.py", 'f"end_{secrets.token_hex(16)}"', '"end_of_value_end_of_value_end_of_value"'),
    ),
    control(
        "no variable that changes how programs start",
        JOB + "only_our_own_variables_can_be_set_for_later_steps[LD_PRELOAD]",
        ("edges/actions.py", "    if not name.startswith(_OURS):", "    if not name:"),
    ),
    control(
        "no secret in a step summary",
        JOB + "no_secret_reaches_a_summary",
        ("edges/actions.py", 'redact(text.rstrip("\\n") + "\\n")', '(text.rstrip("\\n") + "\\n")'),
    ),
    control(
        "an unknown input fails",
        JOB + "an_unknown_input_fails_with_the_nearest_name[max_isues-max_issues]",
        ("edges/actions.py", "    if unknown:", "    if unknown and not known:"),
    ),
    control(
        "choosing has no token",
        STEP + "choosing_refuses_a_token[GH_TOKEN]",
        ("commands/action_select.py", "    if any(host.setting(name)", "    if all(host.setting(name)"),
    ),
    control(
        "the stop variable at the start of a job",
        STEP + "a_stop_variable_at_the_start_is_green_and_ends_the_job",
        ("commands/action_select.py", "        job.heed_variable()\n", ""),
    ),
    control(
        "a limit that came as an input is not dropped",
        ASKED + "an_input_that_would_change_what_an_agent_may_do_fails_and_names_its_place[protected_files]",
        ("commands/step_inputs.py", "        if name in ELSEWHERE:", "        if name in HONOURED[:0]:"),
    ),
    control(
        "keys given to the action are masked",
        ASKED + "inputs_of_other_actions_that_change_only_looks_are_told_and_not_used",
        ("commands/step_inputs.py", '        actions.mask(given.get(name, ""))\n', "        pass\n"),
    ),
    control(
        "a prompt's file lies in the project",
        ASKED + "a_prompt_may_lie_in_a_file_of_the_project",
        ("commands/step_inputs.py", "not place.is_relative_to(workspace().resolve()) or ", ""),
    ),
    control(
        "no secret in the project's set-up",
        SET_UP + "no_key_and_no_file_of_the_runner_reaches_them",
        ("flows/actions/setting_up.py", "if text not in secrets and not _is_runners(name)", "if not _is_runners(name)"),
    ),
    control(
        "no token of the runner in the project's set-up",
        SET_UP + "no_key_and_no_file_of_the_runner_reaches_them",
        ("flows/actions/setting_up.py", "text not in secrets and not _is_runners(name)", "text not in secrets"),
    ),
    control(
        "set-up begins in the project",
        SET_UP + "they_begin_nowhere_but_in_the_project[..]",
        ("flows/actions/setting_up.py", " or not where.is_relative_to(place.root.resolve())", ""),
    ),
    control(
        "no home in the box",
        SET_UP + "the_box_may_read_what_set_up_made_but_no_home",
        ("flows/actions/setting_up.py", "entry if near_home else entry.parent", "entry.parent"),
    ),
    control(
        "callers are pinned to a commit",
        "workflows/test_static.py::test_words_that_could_become_yaml_are_refused[bad2]",
        (
            "views/callers.py",
            '        ("--pack", "OWNER/NAME@COMMIT with all 40 hex digits of the commit", _SHA, sha),\n',
            "",
        ),
    ),
)

TOLD = (
    control(
        "every foreign line of a prompt is marked",
        "policy/test_instructions.py::test_no_foreign_line_can_pass_for_one_of_ours",
        ("views/render.py", 'f"> {one}" for one', "one for one"),
    ),
    control(
        "an agent is not shown what a page hides",
        PROMPT + "an_agent_is_not_shown_what_the_page_hides",
        ("policy/instructions.py", "hidden.shown(task.body).text.strip()", "visible(task.body).strip()"),
    ),
    control(
        "a link is no instruction",
        PROMPT + "a_link_is_no_instruction",
        ("flows/instructions.py", 'mode.startswith("100") and ', ""),
    ),
    control(
        "only trusted instructions govern",
        PROMPT + "instructions_that_are_not_the_trusted_ones_are_left_out",
        (
            "flows/instructions.py",
            "    if own in found and _plain(trusted) != found[own]:\n        del found[own]\n",
            "",
        ),
    ),
    control(
        "secrets are not told to an agent",
        PROMPT + "a_secret_of_this_machine_is_not_told",
        ("flows/instructions.py", "[_clean(part) for part in told]", "told"),
    ),
    control(
        "a comment counts by who may write now",
        COMMENT,
        ("policy/instructions.py", " in trusted.WRITERS and is_before(one, task)", " and is_before(one, task)"),
    ),
    control(
        "a comment counts as it was before the label",
        COMMENT,
        ("policy/instructions.py", " in trusted.WRITERS and is_before(one, task)", " in trusted.WRITERS"),
    ),
    control(
        "a comment of a bot is nobody's word",
        COMMENT,
        ("policy/instructions.py", ' or comment.app or comment.author.endswith("[bot]")', ""),
    ),
    control(
        "hidden characters make a person look first",
        HAND + "a_person_looks_first_at_an_issue_with_characters_that_nobody_sees",
        ("policy/hidden.py", "    if unseen:\n", "    if False:\n"),
    ),
)

REVIEWS = (
    control(
        "an opinion is never below its findings",
        "policy/test_review.py::test_an_opinion_is_never_below_its_own_findings",
        ("policy/review.py", ", *(one.risk for one in findings)])", "])"),
    ),
    control(
        "no opinion lowers what guards found",
        "policy/test_review.py::test_no_praise_lowers_what_the_guards_found",
        ("policy/review.py", "every = (*found, *(", "every = (*(), *("),
    ),
    control(
        "a file that no agent was shown is for people",
        "flows/test_review.py::test_a_file_that_no_agent_is_shown_is_for_people_whatever_they_say",
        ("flows/review.py", ", *review.of_unshown(seen.unshown, where)]", "]"),
    ),
    control(
        "a missing opinion is not fine",
        "policy/test_review.py::test_an_opinion_that_is_missing_is_unknown_and_never_fine",
        ("policy/review.py", "        if self.unknown:\n            return 4\n", ""),
    ),
    control(
        "an opinion about another commit is none",
        REVIEW + "a_job_that_left_nothing_or_forged_something_gave_no_opinion",
        (
            "flows/actions/reviewing.py",
            'if (data["pull"], data["head"]) != (planned["pull"], planned["head"]):',
            "if False:",
        ),
    ),
    control(
        "nothing is said of a pull request that moved",
        REVIEW + "a_pull_request_that_moved_meanwhile_is_not_spoken_of",
        (
            "flows/actions/reviewing.py",
            'if seen.pull.head != planned["head"]:\n        raise WorldError("the pull request moved since it was reviewed"',
            'if False:\n        raise WorldError("the pull request moved since it was reviewed"',
        ),
    ),
    control(
        "a stop ends a review before it is said",
        REVIEW + "a_stop_ends_it_before_anything_is_said",
        ("flows/actions/reviewing.py", "    halting.heed(github, workflow_run, str(seen.pull.number))\n", ""),
    ),
    control(
        "a strangers comment is not taken for the review",
        REVIEW + "a_strangers_comment_with_our_mark_is_left_alone",
        (
            "flows/actions/comments.py",
            "one.author == author and one.body.startswith(marker)",
            "one.body.startswith(marker)",
        ),
    ),
    control(
        "who cannot judge is refused first",
        REVIEW + "who_cannot_judge_is_refused_before_anything_begins",
        (
            "flows/actions/reviewing.py",
            "review.need_agents(list(agents) or [mission.agent or config.agent])",
            "list(agents)",
        ),
    ),
    control(
        "a proposal names only what there is",
        "flows/test_triage.py::test_a_proposal_names_only_what_there_is_and_labels_nothing",
        ("flows/triage.py", 'said["lane"] if said["lane"] in project.config.lanes else ""', 'said["lane"]'),
    ),
)

LOOP, MODEL, MODEL_TOOL = (
    "programs/test_loop.py::test_",
    "agents/test_anthropic.py::test_",
    "tools/test_model_tools.py::test_",
)

MODELS = (
    control(
        "a model has the tools of its mission and no others",
        LOOP + "a_tool_that_the_mission_does_not_allow_is_not_there",
        (
            "programs/loop.py",
            "for name, tool in MODEL_TOOLS.items() if name in order.tools}",
            "for name, tool in MODEL_TOOLS.items()}",
        ),
    ),
    control(
        "without a word a model may only read",
        MODEL + "a_mission_says_which_tools_there_are_and_without_a_word_only_reading[tools0--allowed0]",
        ("agents/anthropic.py", "brief.mission.tools or _READING", "brief.mission.tools or _TOOLS"),
    ),
    control(
        "a model that returns a document changes nothing",
        MODEL + "a_mission_says_which_tools_there_are_and_without_a_word_only_reading[tools3-{}-allowed3]",
        ("agents/anthropic.py", "        allowed &= set(_READING)\n", "        pass\n"),
    ),
    control(
        "a model needs a box",
        MODEL + "it_needs_a_box_whatever_its_tools_are",
        ("agents/anthropic.py", "    return True\n", "    return False\n"),
    ),
    control(
        "what a model gives a tool is held against its schema",
        LOOP + "arguments_that_do_not_fit_are_told_and_nothing_is_done[arguments2-arguments.all is unknown]",
        ("programs/calls.py", 'return broken or misfit(call["input"], self.tools[name].schema)', "return broken"),
    ),
    control(
        "each call of a model waits for the word",
        LOOP + "any_other_word_ends_it_before_the_step[stop]",
        (
            "policy/steps.py",
            '        raise ValueError("this is no word about a step")\n',
            '        return Ruling(word="go")\n',
        ),
    ),
    control(
        "a refused call is not done",
        LOOP + "a_step_that_is_refused_is_told_to_the_model_which_goes_on",
        ("programs/calls.py", 'Done(f"refused: {refusal}", failed=True) if refusal else self._run', "self._run"),
    ),
    control(
        "an answer without its end is none",
        LOOP + "whatever_a_model_does_ends_with_a_sentence[ends its streams early]",
        ("programs/answers.py", "if not ended or stop is None:", "if False:"),
    ),
    control(
        "a model in a loop is ended",
        LOOP + "whatever_a_model_does_ends_with_a_sentence[the same call over and over]",
        ("programs/loop.py", "if self._calls.same >= SAME_ENDED:", "if False:"),
    ),
    control(
        "the turns of a model are counted",
        LOOP + "the_turns_are_a_limit_and_it_is_warned",
        (
            "programs/loop.py",
            "if self._order.turns and self._model.calls >= self._order.turns:",
            "if self._model.calls > 12:",
        ),
    ),
    control(
        "a model's programs see the environment they are given",
        MODEL_TOOL + "a_program_sees_only_the_environment_it_is_given",
        ("edges/recorded.py", "            env=dict(env),\n", ""),
    ),
    control(
        "a model's programs end with all they began",
        MODEL_TOOL + "a_program_whose_time_is_up_ends_with_all_it_began",
        ("edges/recorded.py", "os.killpg(program.pid, signal.SIGKILL)", "program.kill()"),
    ),
    control(
        "what an agent claims is quoted",
        MODEL + "what_it_claims_is_quoted_and_harmless",
        ("templates/handoff.md.j2", "{{ claims | fenced }}", "{{ claims }}"),
    ),
)

REFUSED, FAULT = "programs/test_gateway_refusals.py::test_", "programs/test_gateway_faults.py::test_"
RECORDED, BODY = "programs/test_gateway_record.py::test_", "protocols/test_bodies.py::test_"

GATEWAY = (
    control(
        "the gateway opens to the run's token only",
        REFUSED + "without_the_run_s_token_nothing_goes_out[wrong]",
        (
            "programs/gateway.py",
            "if not hmac.compare_digest(token.encode(), self._token.encode()):",
            "if not token:",
        ),
    ),
    control(
        "only the run's model",
        REFUSED + "another_model_is_refused_and_no_library_asks_again",
        ("programs/gateway.py", "if asked.model not in self._models:", "if not asked.model:"),
    ),
    control(
        "bodies are of a closed shape",
        REFUSED + "a_body_that_may_not_pass_goes_nowhere_and_the_agent_is_told_why[anthropic]",
        ("programs/gateway.py", "if body is None else protocol.check(body):", 'if body is None else "":'),
    ),
    control(
        "a body is one strict JSON object",
        REFUSED + "what_is_no_json_object_goes_nowhere[infinite]",
        ("programs/gateway.py", ", parse_float=_finite", ""),
    ),
    control(
        "a body that nests too deep to be written down is refused",
        REFUSED + "what_nests_deeper_than_can_be_written_down_goes_nowhere[101-400]",
        ("programs/gateway.py", " and not closed.deeper(read, MAX_LEVELS)", ""),
    ),
    control(
        "a body of very many parts is refused before it is built",
        REFUSED + "what_would_be_built_of_very_many_parts_is_refused_before_it_is[{},]",
        ("programs/gateway.py", "    if closed.has_more_parts(body, _MOST_PARTS):\n", "    if not body:\n"),
    ),
    control(
        "all requests together hold only so much",
        REFUSED + "all_requests_together_hold_only_so_much",
        ("programs/inside.py", "            if self._held + length > MAX_HELD:\n", "            if False:\n"),
    ),
    control(
        "whatever cannot be written down of a call, its money is told",
        FAULT + "a_call_that_cannot_be_written_down_is_told_all_the_same_with_all_that_was_reserved",
        (
            "programs/calling.py",
            "            except Exception as error:  # noqa: BLE001 - whatever",
            "            except KeyError as error:  #",
        ),
    ),
    control(
        "a count of tokens that cannot be is none",
        FAULT + "a_count_that_cannot_be_is_spent_in_full",
        ("edges/closed.py", "type(one) is int and 0 <= one <= MOST_COUNTED", "isinstance(one, int)"),
    ),
    control(
        "images are reserved for by what they may cost",
        FAULT + "an_image_is_reserved_for_by_what_it_may_cost_and_text_by_half_its_bytes",
        ("programs/calling.py", "_TOKENS_AN_IMAGE = 5000", "_TOKENS_AN_IMAGE = 0"),
    ),
    control(
        "no key in an answer that is passed on",
        FAULT + "a_key_that_a_provider_repeats_does_not_reach_the_agent[stream]",
        ("programs/keyless.py", "            data = data.replace(key, redact.MARK.encode())\n", "            pass\n"),
    ),
    control(
        "no key in a header that is passed back",
        FAULT + "a_key_in_a_header_is_not_passed_back",
        ("programs/calling.py", " if not any(key in text for key in self._desk.secrets)}", "}"),
    ),
    control(
        "unknown keys are refused",
        BODY + "what_a_provider_would_do_itself_is_refused[anthropic-mcp servers]",
        ("edges/closed.py", '                return f".{key[:60]} is not allowed"\n', "                continue\n"),
    ),
    control(
        "unknown kinds of tools are refused",
        BODY + "what_a_provider_would_do_itself_is_refused[openai_responses-web search]",
        (
            "edges/closed.py",
            'return check(value) if check else f".{self._key} {_shown(word)} is not allowed"',
            'return check(value) if check else ""',
        ),
    ),
    control(
        "media only inline",
        BODY + "what_a_provider_would_do_itself_is_refused[openai_responses-image by URL]",
        ("edges/closed.py", "isinstance(value, str) and _PICTURE.match(value)", "isinstance(value, str)"),
    ),
    control(
        "exact paths and queries",
        BODY + "only_exact_paths_lead_anywhere[anthropic-POST-/v1/messages-beta=false]",
        ("protocols/anthropic.py", ' if query in ("", "beta=true") or method == "GET" else ""', ""),
    ),
    control(
        "only listed betas go out",
        BODY + "only_betas_of_the_list_and_a_plain_version_go_out",
        ("protocols/anthropic.py", " if name in BETAS]", " if name]"),
    ),
    control(
        "the client's headers stay here",
        REFUSED + "of_the_client_s_headers_only_those_of_the_list_go_out",
        (
            "programs/gateway.py",
            "            **protocol.headers(request.headers, self._keys[name]),\n",
            "            **request.headers,\n            **protocol.headers(request.headers, self._keys[name]),\n",
        ),
    ),
    control(
        "the longest answer is set",
        REFUSED + "the_most_an_answer_may_have_is_set[100000]",
        ("protocols/anthropic.py", "max(1, min(given, max_output)) if", "given if"),
    ),
    control(
        "nothing is stored at the provider",
        BODY + "nothing_is_stored_at_the_provider_though_it_would_be_unless_told",
        ("protocols/openai_responses.py", '"max_output_tokens": most, "store": False}', '"max_output_tokens": most}'),
    ),
    control(
        "the length of a request is said plainly",
        REFUSED + "a_body_whose_length_is_not_plain_is_not_read[transfer-encoding: chunked-411]",
        ("programs/inside.py", 'if "transfer-encoding" in self.headers:', "if not self.headers:"),
    ),
    control(
        "a request that drips in is given up",
        REFUSED + "a_request_that_drips_in_is_given_up",
        ("programs/inside.py", "            self.until = time.monotonic() + self._seconds\n", "            pass\n"),
    ),
    control(
        "connections to the gateway are bounded",
        REFUSED + "more_connections_than_there_is_room_for_are_closed",
        ("programs/inside.py", "if self._room.acquire(blocking=False):", "if True:"),
    ),
    control(
        "calls at a time are bounded",
        FAULT + "at_most_eight_calls_at_a_time",
        ("programs/calling.py", "AT_ONCE = 8\n", "AT_ONCE = 800\n"),
    ),
    control(
        "no call without the harness's go",
        REFUSED + "the_wall_is_told_in_words_and_asked_for_once",
        (
            "programs/calling.py",
            "            if word:\n                self._refuse",
            "            if not self:\n                self._refuse",
        ),
    ),
    control(
        "STOP is asked for before each attempt",
        FAULT + "a_stop_between_attempts_ends_them",
        (
            "programs/calling.py",
            "            if word:\n                self._refuse",
            "            if word and attempt == 1:\n                self._refuse",
        ),
    ),
    control(
        "nothing is tried again once a piece was passed on",
        FAULT + "a_stream_that_was_begun_is_never_begun_again_and_the_client_sees_that_it_broke[cut]",
        ("programs/calling.py", "if tried.passed or not failed or attempt", "if not failed or attempt"),
    ),
    control(
        "a broken stream is seen to be broken",
        FAULT + "a_stream_that_was_begun_is_never_begun_again_and_the_client_sees_that_it_broke[cut]",
        ("programs/calling.py", "            reply.break_off()\n", "            reply.end()\n"),
    ),
    control(
        "what may have been billed is counted in full",
        FAULT + "an_answer_that_does_not_come_is_spent_in_full_and_asked_for_again[whole-hang_up]",
        ("programs/calling.py", "usd = tried.reserved if usage is None", "usd = 0.0 if usage is None"),
    ),
    control(
        "a stream without its end is no answer",
        FAULT + "a_stream_that_was_begun_is_never_begun_again_and_the_client_sees_that_it_broke[ends_early]",
        (
            "programs/calling.py",
            "tried.complete |= self._protocol.fold(tried.message, event)",
            "self._protocol.fold(tried.message, event)\n                tried.complete = True",
        ),
    ),
    control(
        "redirects are followed nowhere",
        FAULT + "a_redirect_is_followed_nowhere",
        ("programs/upstream.py", '"retries": False, ', '"retries": 3, '),
        ("programs/upstream.py", "redirect=False,", "redirect=True,"),
    ),
    control(
        "no key in what is written down of calls",
        RECORDED + "a_key_that_a_provider_repeats_is_not_written_down",
        (
            "programs/recording.py",
            "                data = data.replace(secret, redact.MARK)\n",
            "                pass\n",
        ),
    ),
    control(
        "no key in an error that is passed on",
        FAULT + "an_error_that_repeats_the_key_is_passed_on_without_it",
        (
            "programs/calling.py",
            "reply.whole(tried.status, self._clean(tried.body), given)",
            "reply.whole(tried.status, tried.body, given)",
        ),
    ),
    control(
        "what was told cut is told again whole",
        RECORDED + "padding_hides_neither_a_question_nor_its_answer_nor_what_is_asked_next",
        ("programs/calling.py", "            if cut:\n", "            if not self:\n"),
    ),
    control(
        "lines about calls are never too long",
        RECORDED + "a_line_is_never_too_long_for_the_harness",
        (
            "programs/recording.py",
            "    if len(text) <= MAX_LINE:\n        return text, False\n",
            "    return text, False\n",
        ),
    ),
    control(
        "an unknown price is the highest known",
        "edges/test_prices.py::test_an_unknown_model_costs_no_less_than_any_known_one[anthropic]",
        (
            "edges/prices.py",
            "return Cost(usd=_at(_dearest(provider), usage, provider), known=False)",
            "return Cost(usd=0.0, known=False)",
        ),
    ),
)

REPAIRING = "flows/actions/test_repairing.py::test_"
RETURNED, MENDING, ROADMAP = (
    "flows/test_returned.py::test_",
    "flows/test_repair.py::test_",
    "flows/test_roadmap.py::test_",
)
JUDGING = (
    control(
        "what an agent gives back has the shape that was asked for",
        RETURNED + "an_agent_that_gives_back_nothing_has_failed",
        (
            "flows/work.py",
            "        if not isinstance(document, str):\n            job.heed_stop()\n",
            "        if True:\n",
        ),
    ),
    control(
        "a document of another shape is refused",
        RETURNED + "a_wrong_document_is_complained_of_as_often_as_the_mission_allows",
        ("flows/returned.py", "    if error is None:\n", "    if True:\n"),
    ),
    control(
        "a document is bounded",
        "flows/test_returned.py::test_a_document_that_is_too_long_is_refused",
        ("flows/returned.py", "    if len(content) > MOST:\n", "    if False:\n"),
    ),
    control(
        "a file of an agent's is read only if it is a plain one",
        RETURNED + "a_file_that_others_put_there_is_read_only_if_it_is_a_plain_one",
        (
            "edges/files.py",
            "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)\n    except",
            "os.O_RDONLY | os.O_NONBLOCK)\n    except",
        ),
    ),
    control(
        "an issue never gets a mission that returns something",
        RETURNED + "an_issue_cannot_have_a_mission_that_returns_something",
        ("policy/choose.py", "    if mission.returns:\n", "    if False:\n"),
    ),
    control(
        "nothing is pushed over a person's commit",
        MENDING + "nothing_is_pushed_over_a_person",
        ("policy/repairs.py", "    if pull.head not in pushed:\n", "    if False:\n"),
    ),
    control(
        "only a recorded pull request is mended",
        MENDING + "a_closed_pull_request_or_a_persons_own_is_left_alone",
        (
            "policy/repairs.py",
            '    if not pushed:\n        return "nothing is recorded here of having made it"\n',
            "    pushed = pushed or [pull.head]\n",
        ),
        ("flows/repair.py", "    if why or pull is None or first is None:\n", "    if why:\n"),
    ),
    control(
        "a pull request is tried so often and no more",
        MENDING + "the_next_repair_goes_on_from_the_last_and_there_are_as_many_as_attempts",
        ("flows/repair.py", "if spent >= most else", "if False else"),
    ),
    control(
        "what no code mends is not tried",
        MENDING + "what_no_code_mends_is_told_and_not_tried",
        ("flows/repair.py", "    if not mendable:\n", "    if False:\n"),
    ),
    control(
        "a repair replaces the commit it began at and no other",
        "forges/test_github.py::test_a_handoff_that_goes_on_replaces_the_commit_it_began_at_and_no_other",
        ("forges/github.py", "        if here not in (wanted[0].old, wanted[0].new):\n", "        if False:\n"),
        (
            "forges/github.py",
            "old=offer.replaces or ZERO, new=offer.head), *fence]",
            "old=self._remote.tips(f'refs/heads/{offer.branch}').get(f'refs/heads/{offer.branch}', ZERO), new=offer.head), *fence]",
        ),
    ),
    control(
        "a repair is judged alone too",
        MENDING + "a_repair_is_judged_by_what_it_takes_from_the_commit_before_it_too",
        ("flows/guard.py", "    alone = examine(last, read, rules, heed)\n", "    alone = whole\n"),
    ),
    control(
        "a log is shown without secrets",
        MENDING + "what_ci_printed_is_shown_harmless_and_without_secrets",
        ("flows/repair.py", "log = redact(github.job_log(job.id), secrets)", "log = github.job_log(job.id)"),
        ("commands/mending.py", "click.echo(visible(text))", "click.echo(text)"),
    ),
    control(
        "on GitHub too, only a recorded pull request is mended",
        REPAIRING + "a_branch_that_only_looks_like_ours_is_ignored",
        ("flows/actions/repairing.py", "    if why := repairs.why_not_ours(pull, pushed):\n", "    if why := '':\n"),
    ),
    control(
        "only what our workflow pushed is gone on from",
        REPAIRING + "without_our_check_run_a_commit_is_not_gone_on_from",
        (
            "flows/actions/repairing.py",
            "    if any(one.app == _BOT and one.conclusion == ",
            "    if True or any('' == ",
        ),
    ),
    control(
        "on GitHub too, a pull request is tried so often and no more",
        REPAIRING + "a_mended_pull_request_that_is_red_again_is_mended_again_until_no_attempt_is_left",
        ("flows/actions/repairing.py", "    if spent >= most:\n", "    if False:\n"),
    ),
    control(
        "nothing is mended under a stop",
        REPAIRING + "a_stop_is_heeded_before_anything_is_claimed",
        ("flows/actions/repairing.py", "    select.need_work_may_begin(look, workflow)\n", ""),
    ),
    control(
        "a repair of an edited issue is not begun",
        REPAIRING + "an_issue_that_was_edited_is_not_worked_on",
        ("flows/actions/repairing.py", "    if made and made.pin and made.pin != task.pin:\n", "    if False:\n"),
    ),
    control(
        "a pull request that was closed is not mended",
        REPAIRING + "a_pull_request_that_is_closed_while_the_agent_works_gets_nothing",
        (ADMIT, '    if pull is None or pull.state != "open":\n', "    if pull is None:\n"),
    ),
    control(
        "what a person pushed to is not judged any more",
        REPAIRING + "a_push_while_the_agent_works_is_never_overwritten",
        (
            "flows/actions/publish.py",
            '    elif case.means.github.tip(f"refs/heads/{case.leg.branch}") != case.leg.tip:\n',
            "    elif False:\n",
        ),
    ),
    control(
        "a repair moves the branch from the commit it mends and from no other",
        REPAIRING + "a_push_in_the_last_moment_is_never_overwritten",
        (
            "flows/actions/delivery.py",
            "old=offer.replaces or ZERO, new=offer.head)",
            "old=case.means.remote.tips('refs/heads/agent/*').get(f'refs/heads/{offer.branch}', ZERO), new=offer.head)",
        ),
    ),
    control(
        "a repair stands on the commit it mends",
        REPAIRING + "a_commit_that_leaves_out_what_it_mends_is_refused",
        (
            "programs/scan.py",
            "packs.need_ours(git_dir, head, base=parent, tree",
            'packs.need_ours(git_dir, head, base=git.text(git.run("rev-parse", f"{head}^", at=git_dir)), tree',
        ),
    ),
    control(
        "the scan judges a repair alone too",
        SCAN + "a_repair_is_judged_by_what_it_takes_from_the_commit_before_it_too",
        (
            "programs/scan.py",
            '    return guard.examine_repair(change, objects.read_change(git_dir, request["parent"], change.head), read, rules)\n',
            "    return guard.examine_repair(change, change, read, rules)\n",
        ),
    ),
    control(
        "a repair that a person would have to agree to is not pushed",
        REPAIRING + "a_repair_that_a_person_would_have_to_agree_to_is_left_to_them",
        ("flows/actions/publish.py", '    if judged.verdict == "ask" and case.leg.pull:\n', "    if False:\n"),
    ),
    control(
        "on GitHub too, what no code mends is not tried",
        REPAIRING + "a_failure_that_no_code_mends_asks_no_agent_and_is_told_to_people",
        ("flows/actions/complaints.py", "    if not mendable:\n", "    if False:\n"),
    ),
    control(
        "a lease does not say what a repair is judged against",
        REPAIRING + "a_forged_lease_does_not_choose_what_the_change_is_compared_with",
        (ADMIT, "    if base != leg.base:\n", "    if False:\n"),
    ),
    control(
        "a commit that mends another pull request is a finding",
        "policy/test_agent_pull.py::test_a_repair_of_this_pull_request_may_follow_and_no_other",
        ("policy/agent_pull.py", "if commit.mends and (mended is None or mended[1] != str(pull.number)):", "if False:"),
    ),
    control(
        "a roadmap changes only the issue that we recorded",
        ROADMAP + "somebody_elses_issue_of_the_same_title_is_never_taken",
        (
            "flows/roadmap.py",
            "    mine = _recorded(job.project, job.run.task.id)\n",
            "    mine = next((one.id for one in forge.issues()[0] if one.title == view.TITLE), None)\n",
        ),
    ),
    control(
        "of a roadmap's agent nothing stays but what it returned",
        ROADMAP + "a_file_goes_through_guards_and_checks_as_every_change",
        ("flows/roadmap.py", "        _as_it_was(job)\n", ""),
    ),
    control(
        "a roadmap's file is judged",
        ROADMAP + "a_protected_file_is_refused_by_the_guards",
        ("flows/work.py", '    if verdict == "block":\n', "    if False:\n"),
        ("flows/work.py", '    if verdict == "ask" or (', "    if False or ("),
    ),
)

BOUNDARY, ASKED = "flows/test_boundary.py::test_", "flows/test_asking.py::test_"
ASKING = (
    control(
        "each step is ruled on",
        BOUNDARY + "a_no_fails_the_planners_step",
        (
            "flows/agent.py",
            'return self._boundary.answer(next(data for kind, data in seen.events if kind == "step.started"))',
            'return b"go\\n"',
        ),
    ),
    control(
        "a word about another step is none about this one",
        BOUNDARY + "a_yes_to_a_forged_step_is_none_to_the_real_one[2-harmless.txt]",
        ("policy/steps.py", "if (int(step), sha256) != (call.step, call.sha256):", "if int(step) != call.step:"),
    ),
    control(
        "a word about a call is none about its repetition",
        BOUNDARY + "a_yes_to_a_forged_step_is_none_to_the_real_one[7-b.txt]",
        ("policy/steps.py", "if (int(step), sha256) != (call.step, call.sha256):", "if False:"),
    ),
    control(
        "a model's step is told by its call",
        LOOP + "a_word_about_another_call_is_none_about_this_one",
        ("policy/steps.py", "if (int(step), sha256) != (call.step, call.sha256):", "if False:"),
    ),
    control(
        "a yes to one call shows nothing of another",
        "policy/test_steps.py::test_a_yes_to_one_call_shows_nothing_of_another_with_its_number",
        (
            "policy/steps.py",
            '            allowed.add((data["step"], data["call_sha256"]))\n',
            "            allowed |= {one for one in changing if one[0] == data['step']}\n",
        ),
    ),
    control(
        "a tool that nobody knows is denied",
        "policy/test_steps.py::test_an_unknown_tool_is_never_run",
        ("policy/steps.py", 'return Ruling(word="no", why=f"there is', 'return Ruling(word="go", why=f"there is'),
    ),
    control(
        "a mission without tools is read-only outside the box too",
        "policy/test_steps.py::test_a_mission_without_tools_is_read_only",
        ("policy/steps.py", "if allowed is not None and call.tool not in allowed:", "if False:"),
    ),
    control(
        "an approval is of one step",
        BOUNDARY + "what_was_approved_is_that_step_and_no_other",
        ("flows/asking.py", "if head.action_sha256 == action and names", "if names"),
    ),
    control(
        "an approval is of one text",
        BOUNDARY + "an_approval_of_one_text_is_none_of_another",
        ("policy/steps.py", '            "pin": task.pin,\n', ""),
    ),
    control(
        "a program that was allowed shows its change",
        BOUNDARY + "a_program_that_was_allowed_still_shows_its_change_before_the_handoff",
        ("policy/steps.py", " or (tool.mutates and tool.risk >= Risk.HIGH)", ""),
    ),
    control(
        "a stop while somebody thinks",
        BOUNDARY + "a_stop_set_while_somebody_thinks_counts",
        ("flows/boundary.py", "return STOP if self._job.why_stop() else self._allowed", "return self._allowed"),
    ),
    control(
        "a step is shown without what cannot be seen",
        "views/test_step.py::test_nothing_unseen_is_shown",
        ("views/step.py", "return visible(redact(", "return str(redact("),
    ),
    control(
        "a step is shown without secrets",
        "views/test_step.py::test_a_long_difference_is_cut_and_a_secret_left_out",
        ("views/step.py", 'redact("\\n".join([*lines, *shown]), secrets)', '"\\n".join([*lines, *shown])'),
    ),
    control(
        "the call that a decision is about is shown without secrets",
        BOUNDARY + "a_decision_about_a_step_shows_the_call_who_may_answer_and_what_comes_of_it",
        ("flows/records.py", "cleaned = {key: _redacted(part, self._secrets)", "cleaned = {key: part"),
    ),
    control(
        "no question is opened under a stop",
        ASKED + "no_question_is_opened_under_a_stop",
        ("flows/agent.py", "    if watch.asks:\n        job.heed_stop()\n", "    if watch.asks:\n"),
    ),
    control(
        "an agent's question is made harmless",
        ASKED + "what_an_agent_asks_is_made_harmless",
        ("flows/asking.py", "return one_line(redact(text, known_secrets()), longest)", "return text[:longest]"),
    ),
    control(
        "an agent's question is no word of a person's",
        "policy/test_instructions.py::test_what_an_agent_asked_stands_apart_from_what_a_person_answered",
        (
            "policy/instructions.py",
            '_cut("answer", "person", f"Answer to question {number}", one.answer, note=note)',
            '_cut("answer", "person", f"Answer to question {number}", f"{one.question} {one.answer}", note=note)',
        ),
    ),
    control(
        "what people said is shown without what is live in it",
        HAND + "a_body_says_who_answered_what_and_what_all_runs_cost",
        ("templates/handoff.md.j2", "{{ one.about | line(300) }}", "{{ one.about }}"),
    ),
    control(
        "no answer to a question reads as an approval",
        ASKED + "no_answer_to_a_question_reads_as_an_approval",
        ("flows/decisions.py", "_answer(project, asked, _ANSWER, said)", "_answer(project, asked, said, said)"),
    ),
    control(
        "an agent does not answer its own question",
        DECIDE + "an_agent_never_answers_for_a_person[decide]",
        ("flows/decisions.py", '    stop.refuse_agents(project.store, "decide")\n', ""),
    ),
    control(
        "an answer is told of the same text only",
        ASKED + "a_changed_text_is_told_no_answer_of_the_old_one",
        ("flows/going_on.py", " and action == head.action_sha256", ""),
    ),
    control(
        "kept work never goes over what others changed",
        "edges/test_restore.py::test_on_a_base_that_moved_under_it_nothing_is_touched",
        ("edges/restore.py", "if ours.keys() & theirs.keys():", "if False:"),
    ),
    control(
        "a dry run calls no model",
        "flows/test_replay.py::test_a_dry_run_with_a_model_calls_none",
        ("flows/rehearse.py", "if AGENTS[run.agent].protocol:", "if False:"),
    ),
    control(
        "a replay runs programs of trusted repositories only",
        "flows/test_replay.py::test_a_repository_that_is_not_trusted_runs_nothing_again",
        ("commands/replaying.py", "    trust.need(place)\n", ""),
    ),
)

BUDGET, GATE_FLOW = "flows/test_budget.py::test_", "flows/test_gateway.py::test_"
LEGS_BUDGET = "flows/actions/test_budgets.py::test_"

BUDGETS = (
    control(
        "a call that does not fit into every budget is not made",
        BUDGET + "a_call_that_does_not_fit_is_not_reserved_and_the_reason_is_told",
        ("flows/budget.py", "lease=self._lease, only_if=condition)", "lease=self._lease)"),
    ),
    control(
        "a run that was taken over calls no model",
        BUDGET + "a_run_that_was_taken_over_reserves_nothing_but_settles_what_it_called",
        ("flows/budget.py", "lease=self._lease, only_if=condition)", "only_if=condition)"),
    ),
    control(
        "calls of a model have an end",
        BUDGET + "calls_are_numbered_through_and_attempts_at_one_are_one_turn",
        ("flows/budget.py", "        if why := self.why_no_turn():\n            return why\n", ""),
    ),
    control(
        "what is no amount settles nothing",
        GATE_FLOW + "what_is_no_amount_counts_as_what_was_reserved[nan]",
        ("flows/gateway.py", "math.isfinite(said) and said >= 0", "True"),
        ("store/heads.py", "    if not 0 <= float(said) < math.inf:\n", "    if said is None:\n"),
    ),
    control(
        "a reservation that was never settled stays spent",
        GATE_FLOW + "a_killed_run_s_open_calls_count_in_full",
        (
            "store/heads.py",
            '    return _more(head, event, _amount(data["usd"]), int(_amount(data["tokens"])))',
            "    return {}",
        ),
    ),
    control(
        "stop before each call of a model",
        GATE_FLOW + "under_a_stop_a_call_is_refused",
        ("flows/gateway.py", "if why := self.job.why_stop() or (", "if why := ("),
    ),
    control(
        "a mission that allows no model calls none",
        GATE_FLOW + "a_mission_run_by_hand_calls_no_model_either_that_it_does_not_allow",
        ("flows/gateway.py", "    if not replay:\n        _need_money(job)\n", ""),
    ),
    control(
        "a budget that is used up holds an issue",
        "policy/test_choose.py::test_a_budget_that_is_used_up_holds_an_issue_until_its_window_passes_or_it_is_raised[day:2026-03-01]",
        ("policy/choose.py", "        _need_money(mission, task, facts)\n", ""),
    ),
    control(
        "at the wall nothing more is begun that asks a model",
        GATE_FLOW + "at_the_day_s_wall_no_further_issue_is_begun",
        (
            "flows/session.py",
            "            seen = survey.without(seen, task, why)\n            continue\n",
            "            pass\n",
        ),
    ),
    control(
        "what models may cost is shown before the yes",
        "flows/test_trust.py::test_what_models_may_cost_is_shown_before_the_yes_and_any_change_of_it_asks_again",
        ("flows/trust.py", "for line in spending(place))", "for line in ())"),
        ("commands/trust.py", "    for line in trust.spending(place):\n", "    for line in ():\n"),
    ),
    control(
        "what uses up no attempt has an end",
        "policy/test_choose.py::test_what_uses_up_no_attempt_is_tried_so_often_a_day",
        ("policy/choose.py", "    if head and tried >= most_claims(facts.config):\n", "    if False:\n"),
    ),
    control(
        "a run that spent its limit is not begun again at once",
        "policy/test_choose.py::test_a_run_that_met_a_budget_is_begun_again_tomorrow_or_with_more",
        ("policy/choose.py", "    if why and before and not budget.is_more(bounds, before):\n", "    if False:\n"),
    ),
    control(
        "a leg's ceiling is set aside with its claim",
        LEGS_BUDGET + "a_leg_s_whole_ceiling_is_set_aside_with_its_claim_and_settled_by_publish",
        ("flows/actions/claiming.py", "        events=reserved,\n", ""),
    ),
    control(
        "a run job settles no more than its ceiling",
        BUDGET + "a_leg_settles_what_it_claims_up_to_its_ceiling_and_all_of_it_without_a_record[claimed1-settled1]",
        ("flows/budget.py", "min(claimed[0], usd or claimed[0])", "claimed[0]"),
    ),
    control(
        "keys of models are in no sink, whatever their variables are called",
        "flows/test_models.py::test_a_key_is_kept_out_of_every_sink_whatever_its_variable_is_called",
        ("flows/records.py", "found | set(models.keys())", "found"),
    ),
    control(
        "a gateway that died ends its run",
        GATE_FLOW + "a_gateway_that_dies_ends_the_run_with_a_sentence_and_the_spending_stays",
        (
            "flows/gateway.py",
            "            if not self.over.is_set():\n                self.fault",
            "            if False:\n                self.fault",
        ),
    ),
)

CLIS, STARTED, INSTALL = (
    "agents/test_streams.py::test_",
    "agents/test_started.py::test_",
    "flows/test_install_agent.py::test_",
)

OTHERS = (
    control(
        "an install reaches no host but those of the registries",
        "programs/test_egress.py::test_every_other_host_or_port_is_refused_and_told[127.0.0.1.evil.example:{port}]",
        ("programs/egress.py", 'f"{host}:{port}" not in hosts', "not any(one.split(':')[0] in host for one in hosts)"),
    ),
    control(
        "a host is compared with its port",
        "programs/test_egress.py::test_every_other_host_or_port_is_refused_and_told[localhost:{port}]",
        ("programs/egress.py", 'f"{host}:{port}" not in hosts', 'not any(one.endswith(f":{port}") for one in hosts)'),
    ),
    control(
        "another version than the locked one needs a word",
        INSTALL + "another_version_than_the_locked_one_needs_a_word[claude]",
        ("flows/install_agent.py", "version != package.version and not unlocked:", "False:"),
    ),
    control(
        "a folder that was never finished is no installed program",
        INSTALL + "a_folder_that_was_never_finished_is_not_installed[null]",
        ("flows/install_agent.py", "    if not installed(name):\n", "    if not folder.exists():\n"),
    ),
    control(
        "no key of a provider reaches an agent of others",
        STARTED + "its_whole_environment_is_given_and_no_key_of_ours_is_in_it[claude]",
        (
            "agents/cli.py",
            "passed = {name: given[name] for name in _PASSED_ON if name in given}",
            "passed = dict(given)",
        ),
    ),
    control(
        "links in the home of an agent are not followed",
        STARTED + "a_link_that_an_earlier_turn_left_in_its_home_is_not_followed[mini-task.yaml]",
        (
            "agents/cli.py",
            "        home.write(path, text.encode())",
            "        open(f'{brief.home}/{path}', 'wb').write(text.encode())",
        ),
    ),
    control(
        "a mission that names no tools lets agents of others only read",
        STARTED + "a_mission_that_names_no_tools_lets_it_only_read[claude-Bash]",
        ("agents/cli.py", '["run"] * ("run" in tools)', '["run"]'),
    ),
    control(
        "one that cannot be held to reading is refused where it may only read",
        STARTED + "one_that_cannot_be_held_to_reading_is_refused_where_it_may_only_read[codex-run]",
        ("agents/cli.py", "if tool not in may(brief) and not brief.returns:", "if False:"),
    ),
    control(
        "plugins of a repository are not started by opencode",
        STARTED + "opencode_is_refused_where_the_repository_holds_plugins_for_it",
        ("agents/opencode.py", 'if os.path.lexists(Path(brief.work) / ".opencode"):', "if False:"),
    ),
    control(
        "settings of a repository are not loaded by claude",
        STARTED + "claude_loads_nothing_of_the_repository_and_asks_nobody",
        ("agents/claude.py", '"-p", "--bare", ', '"-p", '),
    ),
    control(
        "settings of a repository are not loaded by codex",
        STARTED + "codex_loads_no_settings_no_rules_and_no_instructions_of_the_repository",
        ("agents/codex.py", ', "--ignore-rules")', ")"),
    ),
    control(
        "gemini begins in an empty folder",
        STARTED + "one_that_loads_what_its_folder_holds_begins_in_an_empty_one[gemini]",
        ("agents/gemini.py", ', cwd=f"{brief.home}/empty"', ""),
    ),
    control(
        "modules of a repository are not imported in place of an agent's",
        STARTED + "a_python_program_imports_nothing_of_the_repository_and_tells_its_end_in_a_file[mini]",
        ("agents/mini.py", '"-S", "-P", "-m"', '"-S", "-m"'),
    ),
    control(
        "copilot never signs in",
        STARTED + "copilot_is_offline",
        ("agents/copilot.py", '        "COPILOT_OFFLINE": "true",\n', '        "COPILOT_OFFLINE": "false",\n'),
    ),
    control(
        "an error that claude calls success is a failure",
        CLIS + "a_failure_is_told_with_its_sentence[claude-e400-API Error: 400 bad things]",
        ("agents/claude.py", 'said.get("is_error") is not False or ', ""),
    ),
    control(
        "an answer that was cut off is a failure",
        CLIS + "claude_that_stopped_for_another_reason_than_its_end_has_failed[None]",
        ("agents/claude.py", "    if stop not in _GOOD_STOPS:\n", "    if False:\n"),
    ),
    control(
        "aider's exit code is not believed",
        CLIS + "aider_ends_with_zero_so_its_log_of_calls_decides",
        (
            "agents/aider.py",
            'return cli.failed(why or "its call of the model failed")',
            "return Seen(verdict=Verdict(ok=True, why=why))",
        ),
    ),
    control(
        "mini's exit code is not believed",
        CLIS + "mini_ends_with_zero_so_its_trajectory_decides",
        ("agents/mini.py", 'if word == "Submitted":', "if word:"),
    ),
    control(
        "copilot's result is heard beside its exit code",
        CLIS + "copilot_with_another_result_than_zero_has_failed_whatever_its_process_says[1]",
        ("agents/copilot.py", "if code != 0 or isinstance(code, bool):", "if False:"),
    ),
)

PACK = "policy/fleet/test_older.py::test_"
CLONE, RELEASED = "flows/fleet/test_clone.py::test_", "flows/fleet/test_released.py::test_"
LABELS = "flows/fleet/test_labels.py::test_"
INSTALLED = (
    control(
        "a file is removed only where our templates gave exactly its text",
        CLONE + "a_lock_from_elsewhere_cannot_have_anything_removed",
        ("policy/fleet/plan.py", "    if mine == base:\n", "    if True:\n"),
    ),
    control(
        "no file of a kit is written through a link",
        CLONE + "no_file_is_written_through_a_link",
        ("flows/fleet/clone.py", "if file.is_symlink() or not file.parent", "if False and not file.parent"),
    ),
    control(
        "a base counts only with the hash that the lock says",
        RELEASED + "what_is_not_what_the_lock_says_is_no_base",
        ("flows/fleet/released.py", " and sha256(given[path]) == file.upstream_sha256}", "}"),
    ),
    control(
        "only a file with the older pack's traits gives way to ours",
        PACK + "a_look_alike_in_a_repository_that_has_the_older_pack_is_left_alone_too",
        (
            "policy/fleet/older.py",
            'bool(pack(found)) and is_of_it(path, found.files.get(path, ""))',
            "bool(pack(found))",
        ),
    ),
    control(
        "what the older pack had is kept before ours is written",
        PACK + "another_file_where_the_old_one_would_be_kept_stops_it",
        (
            "policy/fleet/older.py",
            "    if copy in found.odd or found.files.get(copy, mine) != mine:\n",
            "    if False:\n",
        ),
    ),
    control(
        "only our own line is taken out of a makefile",
        "policy/fleet/test_plan.py::test_a_lock_that_names_a_line_of_somebody_elses_removes_nothing",
        (
            "policy/fleet/line.py",
            "    if lock is None or base is None:\n        return None\n",
            "    if lock and base is None:\n        return next((x for x in mine.split(chr(10)) if sha256(x) == lock.upstream_sha256), None)\n",
        ),
    ),
    control(
        "a backup has no say about files that no kit has",
        "policy/fleet/test_backup.py::test_a_backup_has_no_say_about_files_that_no_kit_has[src/app.py]",
        ("policy/fleet/backup.py", "    if wrong:\n", "    if False:\n"),
    ),
    control(
        "a text of an earlier release counts only with its hash",
        RELEASED + "a_text_that_was_tampered_with_is_refused",
        ("releases/__init__.py", "    if hashlib.sha256(data).hexdigest() != sha256:\n", "    if not data:\n"),
    ),
    control(
        "a label that we did not make is never deleted",
        LABELS + "a_label_that_was_made_again_by_a_person_is_theirs[with GraphQL]",
        ("flows/fleet/labels.py", "    if record.made.get(node) is None:\n", "    if False:\n"),
        ("flows/fleet/labels.py", "    if record.made[node] != name or", "    if False and"),
    ),
    control(
        "a label that is in use is never deleted",
        LABELS + "a_label_on_an_issue_or_pull_request_stays[with GraphQL-True-True]",
        ("flows/fleet/labels.py", 'issues or pull requests have it" if uses else', '" if False else'),
    ),
    control(
        "a label that was renamed is never deleted",
        LABELS + "a_label_that_was_renamed_stays[with GraphQL]",
        ("flows/fleet/labels.py", "    if record.made[node] != name or", "    if False and"),
    ),
    control(
        "no label goes that the plan did not name",
        LABELS + "what_the_plan_did_not_name_stays[with GraphQL]",
        ("flows/fleet/labels.py", " if planned is None or name in planned]", "]"),
    ),
    control(
        "a ref goes only as it was seen",
        "flows/fleet/test_records.py::test_a_ref_that_moves_meanwhile_is_looked_at_again",
        ("edges/github/own_refs.py", '"beforeOid": oid, ', ""),
    ),
    control(
        "a record of labels that cannot be believed allows nothing",
        LABELS + "a_record_that_cannot_be_believed_deletes_nothing[nonsense]",
        (
            "flows/fleet/labels.py",
            "    if record is None:\n",
            '    if record is None:\n        return ""\n    if False:\n',
        ),
    ),
    control(
        "a token whose pull requests start workflows unseen needs a word in the configuration",
        "commands/test_action.py::test_the_one_step_takes_no_token_that_starts_workflows_unseen_without_a_word_for_it",
        ("commands/action_step.py", "    _need_agreement_to_the_token(config)\n", ""),
    ),
    control(
        "the first run makes no label under a stop",
        "flows/actions/test_labels.py::test_nothing_is_made_under_a_stop",
        ("flows/actions/labels.py", "    heed()\n", ""),
    ),
    control(
        "a fleet without requests left waits for the next hour, before reads too",
        "edges/github/test_fleet_limits.py::test_nothing_is_sent_before_the_hour_is_over",
        (
            "edges/github/calls.py",
            '        if self._waits:\n            self._spare("graphql")\n',
            "",
        ),
    ),
    control(
        "a branch of ours that somebody committed to is left to them",
        "flows/fleet/test_many.py::test_a_branch_of_our_name_that_was_there_before_us_is_theirs",
        (
            "policy/fleet/rows.py",
            '    if target.tip not in ("", target.head) and not target.plan:\n',
            "    if False:\n",
        ),
    ),
)

VERIFY, VERDICTS = "flows/fleet/test_checkup.py::test_", "views/test_verdicts.py::test_"
VERIFIED = (
    control(
        "a setting that GitHub would not tell is unknown, never fine",
        VERIFY + "what_may_not_be_seen_is_unknown_and_never_fine",
        (
            "flows/fleet/probing.py",
            "        self.unknown.append(Unknown(what=what, needs=needs, says=one_line(error.says, 200)))\n",
            "        return\n",
        ),
    ),
    control(
        "a setting of the repository that was not told is told of",
        VERIFY + "what_may_not_be_seen_is_unknown_and_never_fine",
        (
            "policy/fleet/setting_faults.py",
            "    yield from of_unknown(told.unknown)\n",
            "    yield from of_unknown(())\n",
        ),
    ),
    control(
        "a repository that cannot be looked at stops no other",
        VERIFY + "one_that_cannot_be_looked_at_is_told_and_stops_no_other[actions/workflows]",
        (
            "flows/fleet/checkup.py",
            "        except WorldError as error:\n            return _not_looked_at(target.name",
            "        except KeyError as error:\n            return _not_looked_at(target.name",
        ),
    ),
    control(
        "a fleet of which a part could not be looked at is not fine",
        VERIFY + "one_that_cannot_be_looked_at_is_told_and_stops_no_other[actions/workflows]",
        ("policy/fleet/verdict.py", "    if Outcome.NOT_LOOKED_AT in outcomes:\n        return 4\n", ""),
    ),
    control(
        "nothing in a report of findings lives",
        VERDICTS + "a_report_has_every_repository_and_nothing_in_it_lives",
        ("views/verdicts.py", "    return cell(redact(text), _LIMIT)\n", "    return text\n"),
    ),
    control(
        "a spreadsheet computes nothing of a finding",
        VERDICTS + "a_spreadsheet_computes_nothing_of_it",
        ("views/verdicts.py", "if word.startswith(_FORMULA) else word", "if False else word"),
    ),
    control(
        "a terminal is not steered by a finding, nor told a secret",
        VERDICTS + "a_terminal_is_not_steered_and_told_no_secret",
        ("views/verdicts.py", "    return one_line(redact(text), _LIMIT)\n", "    return text\n"),
    ),
)

ACROSS, MANY = "commands/test_fleet_across.py::test_", "flows/fleet/test_many.py::test_"
FLEET = (
    control(
        "a dry run across repositories writes nothing",
        ACROSS + "a_dry_run_prints_what_will_be_done_and_writes_nothing",
        ("commands/across.py", "        if dry:\n", "        if False:\n"),
    ),
    control(
        "which repositories are meant has to be said",
        ACROSS + "it_must_be_said_which_repositories",
        (
            "policy/fleet/selection.py",
            "        if not (self.globs or self.topics or self.properties or self.everything):\n",
            "        if False:\n",
        ),
    ),
    control(
        "a removal across repositories has to be confirmed",
        ACROSS + "a_removal_has_to_be_confirmed",
        ("commands/fleet.py", "    if not confirm and not dry_run:\n", "    if False:\n"),
    ),
    control(
        "a repository that wants to be left alone is",
        MANY + "every_repository_has_a_row_and_its_reason",
        ("policy/fleet/rows.py", "(Reason.OPTED_OUT, OPTED_OUT in target.topics,", "(Reason.OPTED_OUT, False,"),
    ),
    control(
        "a repository under a stop is left alone",
        MANY + "every_repository_has_a_row_and_its_reason",
        ("flows/fleet/many.py", "    if row is None and target.stop and not order.force:\n", "    if False:\n"),
    ),
    control(
        "what was declined is not proposed again",
        MANY + "what_was_declined_is_not_proposed_again",
        ("policy/fleet/rows.py", "declined = target.plan == plan and not again", "declined = False"),
    ),
    control(
        "a branch that takes changes by pull request only is not pushed to",
        MANY + "a_protected_branch_is_not_pushed_to",
        ("policy/fleet/rows.py", "    if target.rule and target.rule.needs_pull:\n", "    if False:\n"),
    ),
    control(
        "a default branch that is called like ours is no branch to propose on",
        "flows/fleet/test_many_attacks.py::test_a_default_branch_that_is_called_like_ours_is_not_committed_to",
        ("policy/fleet/rows.py", "    if target.branch == BRANCH:\n", "    if False:\n"),
    ),
    control(
        "an empty file or line that a lock names is not ours",
        RELEASED + "an_empty_file_that_a_lock_names_is_not_ours",
        ("flows/fleet/released.py", " if given[path] and sha256(", " if sha256("),
    ),
    control(
        "a workflow that a lock file of Actions names is not changed alone",
        ACROSS + "a_lock_file_of_actions_is_not_left_behind",
        ("policy/fleet/rows.py", "        LOCKFILE in target.blobs\n", "        False\n"),
    ),
    control(
        "what a policy of the organisation forbids is not proposed",
        ACROSS + "what_a_policy_of_the_organisation_forbids_is_not_proposed",
        (
            "commands/across.py",
            "policies.heeded(fleet, flow.planned(fleet, targets, order, told, _counted), order)",
            "flow.planned(fleet, targets, order, told, _counted)",
        ),
    ),
    control(
        "a pull request of a fork is never taken for ours",
        "edges/github/test_fleet.py::test_a_pull_request_from_a_fork_is_not_ours",
        ("edges/github/fleet_shapes.py", '        if not one["isCrossRepository"]:\n', "        if True:\n"),
    ),
    control(
        "writes of a fleet keep a pace",
        "edges/github/test_fleet.py::test_writes_go_one_by_one_as_the_pace_says",
        ("edges/github/fleet.py", "        self.calls.before_write = self._turn\n", ""),
    ),
    control(
        "a fleet's token is not sent unencrypted",
        "edges/github/test_fleet.py::test_no_owner_is_a_mistake",
        ("edges/github/fleet.py", "        need_safe(api_url, graphql_url)\n", ""),
    ),
    control(
        "a lock names no agent whose file would lie outside the repository",
        "flows/fleet/test_clone.py::test_a_lock_whose_agent_leads_out_is_not_read",
        (
            "schemas/lock.json",
            '"type": "string", "pattern": "^[a-z0-9-]{0,40}$"}',
            '"type": "string", "maxLength": 40}',
        ),
    ),
    control(
        "a file that is not UTF-8 is not written over with what it was taken for",
        "edges/github/test_fleet.py::test_a_file_in_another_encoding_is_no_text",
        ("edges/github/fleet.py", " and object_id(text) == oid else None\n", " else None\n"),
    ),
    control(
        "rings halt when runs fail",
        ACROSS + "a_ring_whose_runs_fail_halts_the_fleet",
        (
            "policy/fleet/rings.py",
            "        if finished >= LEAST_FINISHED and failed > MOST_FAILED * finished:\n",
            "        if False:\n",
        ),
    ),
    control(
        "a ring opens by evidence only",
        ACROSS + "the_next_ring_waits_until_the_first_has_shown_how_it_does",
        ("policy/fleet/rings.py", "    if has and finished < LEAST_FINISHED:\n", "    if False:\n"),
    ),
    control(
        "a ring opens only where somebody has what it is to show",
        ACROSS + "a_ring_in_which_nobody_has_it_opens_nothing",
        ("policy/fleet/rings.py", "    if runs and not has and", "    if False and"),
    ),
    control(
        "a commit is ours by what it holds, not by what its message says",
        "flows/fleet/test_many_attacks.py::test_a_message_that_names_our_plan_makes_nobodys_commit_ours",
        ("flows/fleet/pushes.py", " and _is_it(fleet, whole):", ":"),
    ),
    control(
        "a folder gives way to no file of ours",
        "flows/fleet/test_many_attacks.py::test_a_folder_where_a_file_of_ours_would_be_is_left_alone",
        ("flows/fleet/many.py", "    if path in target.folders:\n", "    if False:\n"),
    ),
    control(
        "a repository that cannot be told of stops no other",
        "flows/fleet/test_many_attacks.py::test_a_repository_that_github_cannot_tell_of_stops_no_other",
        (
            "edges/github/fleet.py",
            "                    return self._passed_by(after, error)\n",
            "                    raise error\n",
        ),
    ),
    control(
        "a difference shows no secret of a repository",
        "views/test_fleet_differences.py::test_a_difference_shows_no_secret_and_nothing_that_a_terminal_obeys",
        ("views/fleet.py", "return redact(visible(", "return (visible("),
    ),
    control(
        "a merged workflow that would not work is left to a person",
        "flows/fleet/test_merged.py::test_a_merge_that_would_not_work_is_not_used",
        (
            "flows/fleet/merged.py",
            "    broken = _broken(path, document, theirs) - _broken(path, _read(path, mine)[0], base)\n",
            "    broken: set[str] = set()\n",
        ),
    ),
    control(
        "an expired token ends a fleet run without asking on",
        ACROSS + "a_token_that_expires_on_the_way_ends_the_rest_without_asking",
        ("flows/fleet/across.py", " if not fleet.calls.expired else _not_begun(one)", ""),
    ),
    control(
        "a failure in one repository is never the end 0 of all",
        ACROSS + "a_failure_in_one_is_told_by_the_exit_code",
        ("commands/across.py", "    if Reason.FAILED in reasons:\n        return 4\n", ""),
    ),
)

CONTROLS = (
    *STOPS,
    *BUDGETS,
    *TRUSTS,
    *BOXES,
    *PEOPLE,
    *LEASES,
    *DECISIONS,
    *EXAMINES,
    *SINKS,
    *ISOLATION,
    *DRY_RUNS,
    *REMOTES,
    *REFS_OF_OTHERS,
    *SELECTING,
    *GITHUB,
    *GATES,
    *ANSWERS,
    *PUBLISHING,
    *WORKFLOWS,
    *GATEWAY,
    *TOLD,
    *REVIEWS,
    *MODELS,
    *JUDGING,
    *ASKING,
    *OTHERS,
    *INSTALLED,
    *VERIFIED,
    *FLEET,
)
