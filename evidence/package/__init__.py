"""Exhibits as a package: bags (`bag`), their seals and proofs (`seal`), the ZIP (`build`), the job (`stage`)."""

from evidence.package.bag import BagInput, make_bag
from evidence.package.build import PackageInput, build_package
from evidence.package.stage import PackageStage

__all__ = ["BagInput", "PackageInput", "PackageStage", "build_package", "make_bag"]
