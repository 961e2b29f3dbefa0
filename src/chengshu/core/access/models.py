"""Who may do what, where: users, roles, grants and tokens."""

import pghistory
import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope


class Duty(models.TextChoices):
    """Separation of duties (GB/T 22239-2019 8.1.5): work and the three administrators."""

    WORK = "work", _("Daily work")
    SYSTEM = "system", _("System administration")
    SECURITY = "security", _("Security administration")
    AUDIT = "audit", _("Audit administration")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
    exclude=["password", "past_passwords", "last_login", "failed_sign_ins", "locked_until"],
)
class User(AbstractBaseUser):
    """A person or a service that acts. Rights come from grants alone; nobody is above them.

    While *must_change_password* holds, the user may do nothing else.
    """

    username = models.CharField(_("user name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=60)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    is_service = models.BooleanField(_("service account"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(_("must change password"), default=False)
    password_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    past_passwords = ArrayField(
        models.CharField(max_length=128), default=list, blank=True, editable=False
    )
    failed_sign_ins = models.PositiveSmallIntegerField(default=0, editable=False)
    locked_until = models.DateTimeField(null=True, blank=True, editable=False)

    scope = Scope(place="organisation__place", organisation="organisation", grade="")
    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
)
class Role(models.Model):
    """A set of permissions of one duty, for data up to *grade*.

    *permissions* are codes or patterns such as ``sensing.*``; a pattern reaches permissions of
    the role's own duty only, so no role can mix daily work with administration.
    """

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    duty = models.CharField(_("duty"), max_length=10, choices=Duty.choices, default=Duty.WORK)
    permissions = ArrayField(models.CharField(max_length=80), verbose_name=_("permissions"))
    grade = models.PositiveSmallIntegerField(_("highest data grade"), default=2)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=models.Q(grade__gte=1), name="role_grade_is_a_grade")
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
)
class Grant(models.Model):
    """A role given to a user for a place subtree and an organisation subtree; empty is all."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name=_("user"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="+", verbose_name=_("role"))
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("place")
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    scope = Scope(place="place", organisation="organisation", grade="")

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        ordering = ["user", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "place", "organisation"],
                nulls_distinct=False,
                name="one_grant_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class Token(models.Model):
    """A key for programs. Only its SHA-256 is kept; it acts as *user*."""

    name = models.CharField(_("name"), max_length=50, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("user"))
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), level=pgtrigger.Statement)
class SignInRules(models.Model):
    """The city's limits on signing in (GB/T 22239-2019 8.1.4.1); the only row has id 1.

    Zero *password_days* lets passwords live for ever.
    """

    failures_before_lock = models.PositiveSmallIntegerField(_("failures before lock"), default=5)
    lock_minutes = models.PositiveSmallIntegerField(_("lock, minutes"), default=15)
    address_attempts = models.PositiveSmallIntegerField(_("attempts per address"), default=60)
    address_minutes = models.PositiveSmallIntegerField(_("attempts counted, minutes"), default=10)
    idle_minutes = models.PositiveSmallIntegerField(_("idle time, minutes"), default=30)
    session_hours = models.PositiveSmallIntegerField(_("longest session, hours"), default=8)
    minimum_length = models.PositiveSmallIntegerField(_("shortest password"), default=10)
    minimum_classes = models.PositiveSmallIntegerField(_("kinds of characters"), default=3)
    password_days = models.PositiveSmallIntegerField(_("password age, days"), default=90)
    passwords_remembered = models.PositiveSmallIntegerField(_("passwords remembered"), default=5)

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("sign-in rules")
        verbose_name_plural = _("sign-in rules")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_sign_in_rules"),
            models.CheckConstraint(
                condition=models.Q(failures_before_lock__gte=1), name="some_failures_lock"
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class AddressAttempts(models.Model):
    """How often *address* has tried to sign in since *since*."""

    address = models.CharField(max_length=45, primary_key=True)
    since = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("attempts of an address")
        verbose_name_plural = _("attempts of addresses")

    def __str__(self) -> str:
        return self.address
