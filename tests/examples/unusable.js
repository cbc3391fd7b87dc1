// Controls that are shown without a name, or smaller than a finger (WCAG 2.2, 2.5.8: 24 pixels).
() => [...document.querySelectorAll('button, input, select, iframe')]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const named = one.labels?.length || one.textContent.trim() || one.title || one.ariaLabel;
    const fits = [one, ...(one.labels ?? [])].some((target) => {
      const {width, height} = target.getBoundingClientRect();
      return width >= 24 && height >= 24;
    });
    return !named || !fits;
  })
  .map((one) => one.outerHTML)
