// SPDX-License-Identifier: Apache-2.0
// Asks the service, with its token where it wants one. Every failure is an Error in words.

const TOKEN = "handseg-token";

export class ServiceError extends Error {
  constructor(reason, status) {
    super(reason);
    this.status = status;
  }
}

// Return the Response of a path; a ServiceError has the service's own reason.
export async function ask(path, options = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServiceError("The service does not answer: is it still running?", 0);
  }
  if (response.ok) return response;
  if (response.status === 401) document.dispatchEvent(new CustomEvent("token-wanted"));
  throw new ServiceError(await reasonOf(response), response.status);
}

export async function askJson(path, options) {
  return (await ask(path, options)).json();
}

// Post an object as JSON, and return what is answered.
export function postJson(path, content, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  return askJson(path, { method, headers, body: JSON.stringify(content) });
}

// Show a form for the token when the service wants one; it lives as long as the browser's tab.
export function useTokenForm(form) {
  document.addEventListener("token-wanted", () => {
    form.hidden = false;
    const said = form.querySelector("[role=alert]");
    said.textContent = sessionStorage.getItem(TOKEN)
      ? "This is not the token that the service was started with."
      : "";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(TOKEN, form.elements.token.value.trim());
    location.reload();
  });
}

async function reasonOf(response) {
  try {
    return (await response.json()).reason ?? response.statusText;
  } catch {
    return `The service answered with status ${response.status} and no reason.`;
  }
}
