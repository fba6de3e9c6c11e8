def test_staff_sign_in_and_reach_their_home(browser, staff):
    assert browser.get("/home", follow_redirects=False).status_code == 303
    browser.sign_in("accounting")
    page = browser.get("/home")
    assert page.status_code == 200
    assert "会計課 太郎" in page.text
